// The web chat. Two things go on by themselves: what is in the outbox is sent, in order, until the server has it; and
// the feed is asked for news, from where we last were. Either may fail at any moment and is simply tried again: the
// server records a message once whatever we do, and the log shows a key once.

import { Composer } from "./composer.js";
import { Frame } from "./frame.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { by, isAtEnd, showMoreBelow, showPartner, toEnd, wireMenu } from "./screen.js";
import { Refused, Server, SessionEnded, Unreachable } from "./server.js";
import { Store } from "./store.js";
import { Pause, alone, backoff } from "./wait.js";

const page = document.body.dataset;

const HELD = 25; // seconds that the server may keep us waiting for news
const PAUSE_UNSEEN = 8; // seconds between looks while nobody looks at us; no request is held then
const SHORT = 1000; // milliseconds; an answer without news that comes sooner wasn't held

const store = new Store(page.chat);
const server = new Server(page);
const outbox = new Outbox(store);
const frame = new Frame();
const log = new Log(by("log"), edit);
const composer = new Composer({
  form: by("composer"),
  text: by("text"),
  counter: by("counter"),
  limit: Number(page.limit),
  store,
  send: say,
});

let cursor = "";
let caughtUp = false; // whether we have shown what was there when we came
let unread = 0;
let feedRequest = new AbortController();
let failures = 0;
const feedPause = new Pause();
const sendPause = new Pause();

// --- Session ---------------------------------------------------------------------------------------------------------

const session = () => store.get("session");

/** Remember the visitor, in the widget if the browser won't let us. */
function setSession(value) {
  if (value) store.set("session", value);
  else store.remove("session");
  if (!store.lasts) frame.keep(value);
}

/** The visitor's session, made when they first say something. */
function ensureSession() {
  return alone(`${page.chat}:session`, async () => {
    if (!session()) {
      setSession(await server.newSession());
      follow();
    }
    return session();
  });
}

/** The server knows this token no more. What it hasn't taken yet goes to a new session. */
function sessionEnded(ended) {
  if (session()?.token !== ended.token) return;
  setSession(null);
  outbox.clear("accepted");
  beginAnew();
  log.notice("Your earlier conversation has ended. You can start a new one here.");
  draw();
}

function startOver() {
  setSession(null);
  store.remove("seen");
  outbox.clear();
  composer.clear();
  beginAnew();
  composer.focus();
}

function beginAnew() {
  cursor = "";
  caughtUp = false;
  by("log").setAttribute("aria-live", "off"); // what was there when we came isn't news
  log.reset();
  showPartner();
  countUnread(0);
  draw();
  follow();
}

/** Ask the feed at once, for whoever the visitor is now. */
function follow() {
  feedRequest.abort();
  feedRequest = new AbortController();
  feedPause.cut();
}

// --- Sending ---------------------------------------------------------------------------------------------------------

function say(text) {
  outbox.add(text);
  draw();
  toEnd();
  sendPause.cut();
}

/** Save a file that was sent to the visitor. */
async function save(button) {
  button.disabled = true;
  try {
    const address = URL.createObjectURL(await server.file(session(), button.dataset.file));
    const link = Object.assign(document.createElement("a"), { href: address, download: button.textContent });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    by("banner").textContent = error instanceof Refused ? error.message : "The file couldn't be loaded. Try again.";
  } finally {
    button.disabled = false;
  }
}

function edit(message) {
  outbox.remove(message.id);
  draw();
  composer.edit(message.text);
}

async function sendForEver() {
  for (let tries = 0; ; ) {
    const done = await alone(`${page.chat}:outbox`, sendNext).catch(isTemporary);
    tries = done ? 0 : tries + 1;
    if (!done) await sendPause.for(backoff(tries));
    else if (!outbox.next()) await sendPause.for(Infinity);
  }
}

function isTemporary(error) {
  if (!(error instanceof Unreachable || error instanceof SessionEnded)) console.error(error);
  return false;
}

/** Send the oldest message that waits. False if it has to be tried again. */
async function sendNext() {
  const message = outbox.next();
  if (!message) return true;
  const who = await ensureSession();
  try {
    await server.say(who, message);
    outbox.mark(message.id, "accepted");
    feedPause.cut();
  } catch (error) {
    if (error instanceof SessionEnded) sessionEnded(who);
    if (!(error instanceof Refused)) throw error;
    outbox.mark(message.id, "refused", error.message);
  } finally {
    draw();
  }
  return true;
}

// --- News ------------------------------------------------------------------------------------------------------------

async function followForEver() {
  for (;;) {
    const who = session();
    const began = performance.now();
    const before = cursor;
    const pause = who ? await askForNews(who) : Infinity;
    const unheld = cursor === before && performance.now() - began < SHORT;
    await feedPause.for(Math.max(pause, unheld && caughtUp && pause === 0 ? 1 : 0));
  }
}

/** Show what is new. Returns after how many seconds to ask again. */
async function askForNews(who) {
  const signal = feedRequest.signal;
  const wait = caughtUp && watched() ? HELD : 0;
  try {
    const news = await server.news(who, { after: cursor, wait, signal });
    if (signal.aborted) return 0;
    online(true);
    take(news);
    return news.retry_in ?? (watched() ? 0 : PAUSE_UNSEEN);
  } catch (error) {
    if (signal.aborted) return 0;
    if (error instanceof SessionEnded) sessionEnded(who);
    else online(false);
    return backoff(failures || 1, 10);
  }
}

function take(news) {
  const atEnd = isAtEnd();
  const others = log.take(news.items);
  for (const item of news.items) if (item.client_id) outbox.remove(item.client_id);
  caughtUp ||= news.cursor === cursor || news.items.length === 0;
  cursor = news.cursor;
  showPartner(news);
  draw();
  if (caughtUp) by("log").setAttribute("aria-live", "polite");
  if (atEnd || !caughtUp) toEnd();
  else if (others.length) showMoreBelow();
  countUnread(unread + others.filter(isUnseen).length);
}

/** Whether somebody is looking at us. */
function watched() {
  return document.visibilityState === "visible" && frame.open;
}

function isUnseen(item) {
  return !watched() && Date.parse(item.at) > (store.get("seen") ?? 0);
}

function countUnread(count) {
  unread = watched() ? 0 : count;
  if (watched()) store.set("seen", Math.max(store.get("seen") ?? 0, log.last()));
  document.title = unread ? `(${unread}) ${page.title}` : page.title;
  frame.unread(unread);
}

function online(yes) {
  failures = yes ? 0 : failures + 1;
  by("banner").textContent = failures > 1 || !navigator.onLine ? "No connection. Your messages are kept and sent later." : "";
}

function draw() {
  const atEnd = isAtEnd();
  log.draw(outbox.all());
  if (atEnd) toEnd();
}

// --- What happens from outside ---------------------------------------------------------------------------------------

by("log").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.say) {
    say(button.dataset.say);
    composer.focus();
  } else if (button?.dataset.file) save(button);
});
by("jump").addEventListener("click", () => {
  toEnd();
  composer.focus();
});
by("close").addEventListener("click", () => frame.close());
by("close").hidden = !frame.embedded;
wireMenu({ startOver, escape: () => frame.close() });

addEventListener("online", () => {
  online(true);
  feedPause.cut();
  sendPause.cut();
});
addEventListener("offline", () => online(false));
document.addEventListener("visibilitychange", seenAgain);
frame.onOpen((open, kept) => {
  if (kept && !session() && !store.lasts) {
    store.set("session", kept);
    follow();
  }
  if (open) composer.focus();
  seenAgain();
});

function seenAgain() {
  if (!watched()) return;
  countUnread(0);
  feedPause.cut();
}

// Another tab of the same visitor.
store.onChange((name) => {
  if (name === "session") beginAnew();
  else if (Outbox.owns(name)) draw();
});

document.body.classList.toggle("embedded", frame.embedded);
beginAnew();
toEnd();
if (!frame.embedded) composer.focus();
sendForEver();
followForEver();
