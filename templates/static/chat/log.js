// The conversation on the screen. What people type is only ever set as text; HTML comes from the server, made there
// from markdown and sanitised.

const SAME_BREATH = 5 * 60_000; // milliseconds within which messages of one person stand together
const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export class Log {
  #element;
  #edit;
  #said = new Map(); // what the feed has shown: item by key
  #notices = [];
  #nodes = new Map(); // by client id, else by key, so that a message keeps its place when it is confirmed

  /** `edit` is called with a refused message that the visitor wants to change. */
  constructor(element, edit) {
    this.#element = element;
    this.#edit = edit;
  }

  /** Take in what the feed brought. Returns what is new here and not the visitor's own. */
  take(items) {
    const news = items.filter((item) => !this.#said.has(item.key));
    for (const item of news) this.#said.set(item.key, item);
    return news.filter((item) => item.from !== "customer");
  }

  /** When the last thing was said, by the server's clock: visitors' own may be wrong. */
  last() {
    return Math.max(0, ...Array.from(this.#said.values(), (item) => Date.parse(item.at)));
  }

  notice(text) {
    this.#notices.push({ key: `n${this.#notices.length}`, from: "notice", text, at: new Date().toISOString() });
  }

  reset() {
    this.#said.clear();
    this.#notices = [];
    this.#nodes.clear();
    this.#element.replaceChildren();
  }

  /** Everything in its order: what was said, then what is on its way. */
  draw(outbox) {
    const said = [...this.#said.values(), ...this.#notices].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    const coming = outbox.map((message) => ({ ...message, from: "customer", client_id: message.id, pending: true }));
    const nodes = [...said, ...coming].flatMap((item, index, items) => this.#withDay(item, items[index - 1]));
    this.#place(nodes);
  }

  #withDay(item, before) {
    const node = this.#node(item);
    node.classList.toggle("continued", continues(item, before));
    const day = DAY.format(new Date(item.at));
    const dayBefore = DAY.format(before ? new Date(before.at) : new Date());
    return day === dayBefore ? [node] : [this.#separator(day), node];
  }

  /** The fewest moves that lead to this order, so that nothing already there is announced again. */
  #place(nodes) {
    const wanted = new Set(nodes);
    for (const child of [...this.#element.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, index) => {
      const there = this.#element.children[index];
      if (there !== node) this.#element.insertBefore(node, there ?? null);
    });
  }

  #node(item) {
    const key = item.client_id || item.key;
    const node = this.#kept(key, () => build(item));
    const state = item.pending ? item.state : "said";
    if (node.dataset.state !== state || node.dataset.why !== (item.why ?? "")) {
      node.dataset.state = state;
      node.dataset.why = item.why ?? "";
      node.querySelector(".meta")?.replaceChildren(...this.#meta(item));
    }
    return node;
  }

  #separator(day) {
    return this.#kept(`day:${day}`, () => make("p", "day", day));
  }

  #kept(key, build) {
    if (!this.#nodes.has(key)) this.#nodes.set(key, build());
    return this.#nodes.get(key);
  }

  #meta(item) {
    if (!item.pending) return [time(item.at)];
    if (item.state === "refused") return [make("span", "why", `Not sent. ${item.why}`), this.#editing(item)];
    return [make("span", "", item.state === "accepted" ? "Sent" : "Sending…")];
  }

  #editing(item) {
    const button = make("button", "edit", "Edit");
    button.type = "button";
    button.addEventListener("click", () => this.#edit(item));
    return button;
  }
}

function build(item) {
  if (item.from === "notice") return make("p", "notice", item.text);
  const node = make("div", `message ${item.from} ${item.purpose ?? "reply"}`);
  node.append(who(item), ...(item.text || item.html ? [bubble(item)] : []));
  if (item.files?.length) node.append(row("files", item.files.map((file) => button(file.name, "file", file.id))));
  node.append(make("p", "meta"));
  // Shown under the last message only: after it, they have answered something else.
  if (item.choices?.length) node.append(row("answers", item.choices.map((choice) => button(choice, "say", choice))));
  return node;
}

function row(className, buttons) {
  const box = make("div", className);
  box.append(...buttons);
  return box;
}

/** A button whose click the page understands by its data. */
function button(text, name, value) {
  const made = make("button", "", text);
  made.type = "button";
  made.dir = "auto";
  made.dataset[name] = value;
  return made;
}

/** The name of whoever said it, with the agent's picture where it has one. */
function who(item) {
  const name = make("p", "who", item.from === "customer" ? "You" : item.name);
  const avatar = document.body.dataset.avatar;
  if (item.from === "agent" && avatar) {
    const face = document.createElement("img");
    Object.assign(face, { className: "face", alt: "", width: 20, height: 20, referrerPolicy: "no-referrer", src: avatar });
    name.prepend(face);
  }
  return name;
}

function bubble(item) {
  const box = make("div", "bubble");
  if (item.html) {
    box.innerHTML = item.html;
    for (const block of box.children) block.dir = "auto";
  } else {
    box.dir = "auto";
    box.textContent = item.text;
  }
  return box;
}

function continues(item, before) {
  if (!before || item.from !== before.from || item.from === "notice") return false;
  if ((item.name ?? "") !== (before.name ?? "")) return false;
  return Math.abs(new Date(item.at) - new Date(before.at)) < SAME_BREATH;
}

function time(at) {
  const element = make("time", "", TIME.format(new Date(at)));
  element.dateTime = at;
  return element;
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
