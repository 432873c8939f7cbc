// Messages that the visitor has sent off and the feed hasn't shown yet. Each is an entry of its own in the store, so
// that two tabs can write at the same moment; its id is what makes sending it twice harmless.

const PREFIX = "out:";

export class Outbox {
  #store;

  constructor(store) {
    this.#store = store;
  }

  /** Oldest first. `state` is waiting, accepted (the server has it) or refused (`why` says the reason). */
  all() {
    return this.#store
      .names(PREFIX)
      .map((name) => this.#store.get(name))
      .filter(Boolean)
      .sort((one, other) => one.at - other.at || one.id.localeCompare(other.id));
  }

  next() {
    return this.all().find((message) => message.state === "waiting");
  }

  add(text) {
    // Two messages within one millisecond still have an order.
    const at = Math.max(Date.now(), 1 + (this.all().at(-1)?.at ?? 0));
    this.#put({ id: newId(), text, at, state: "waiting", why: "" });
  }

  /** Nothing happens to a message that is gone by now: the feed may be faster than the answer to the request. */
  mark(id, state, why = "") {
    const message = this.#store.get(PREFIX + id);
    if (message) this.#put({ ...message, state, why });
  }

  remove(id) {
    this.#store.remove(PREFIX + id);
  }

  clear(state = null) {
    for (const message of this.all()) if (!state || message.state === state) this.remove(message.id);
  }

  static owns(name) {
    return name.startsWith(PREFIX);
  }

  #put(message) {
    this.#store.set(PREFIX + message.id, message);
  }
}

function newId() {
  // crypto.randomUUID is missing on pages without HTTPS.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
