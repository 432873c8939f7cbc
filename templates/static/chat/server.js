// The four requests that a chat makes, and the three ways in which one can fail.

/** Nobody answered, or the server can't right now: the same request may be made again. */
export class Unreachable extends Error {}
/** The token isn't good any more: a new session is needed. */
export class SessionEnded extends Error {}
/** The server won't take this, now or later; the message is its reason, for the visitor. */
export class Refused extends Error {}

const LONGEST_POST = 20_000; // milliseconds
const LONGEST_FILE = 120_000; // milliseconds
const SPARE = 10_000; // milliseconds that a feed may take beyond the time it was asked to wait

export class Server {
  #urls;

  constructor({ hook, session, feed }) {
    this.#urls = { hook, session, feed };
  }

  newSession() {
    return ask(this.#urls.session, { method: "POST", signal: AbortSignal.timeout(LONGEST_POST) });
  }

  say({ token, visitor }, { id, text }) {
    return ask(this.#urls.hook, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ visitor, id, text }),
      signal: AbortSignal.timeout(LONGEST_POST),
    });
  }

  /** What came after the cursor; the server answers at once or holds the request for `wait` seconds. */
  news({ token }, { after, wait, signal }) {
    return ask(`${this.#urls.feed}?${new URLSearchParams({ after, wait })}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: either(signal, AbortSignal.timeout(wait * 1000 + SPARE)),
    });
  }

  /** The bytes of a file that was sent to this visitor. No link could open it: the token goes in a header. */
  file({ token }, id) {
    const url = new URL(`files/${id}`, new URL(this.#urls.feed, location.href));
    return ask(url, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(LONGEST_FILE),
    }, (response) => response.blob());
  }
}

async function ask(url, options, read = (response) => response.json()) {
  let response;
  let answer;
  try {
    response = await fetch(url, { cache: "no-store", credentials: "omit", ...options });
    answer = await (response.ok ? read(response) : response.json());
  } catch (error) {
    if (!response || response.ok || response.status >= 500) throw new Unreachable(error.message);
  }
  if (response.ok) return answer;
  if (response.status === 401) throw new SessionEnded();
  if (response.status >= 500 || [408, 425, 429].includes(response.status)) throw new Unreachable(response.statusText);
  throw new Refused(answer?.error?.message ?? "This message can't be sent.");
}

// AbortSignal.any is younger than the browsers that this should work in.
function either(...signals) {
  const controller = new AbortController();
  for (const signal of signals) signal.addEventListener("abort", () => controller.abort(), { once: true });
  if (signals.some((signal) => signal.aborted)) controller.abort();
  return controller.signal;
}
