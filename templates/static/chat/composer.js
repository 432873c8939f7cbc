// Where the visitor types. Enter sends, Shift and Enter begin a new line, and a draft survives a reload.

const DRAFT = "draft";
const SHOW_COUNT_FROM = 0.9; // of the limit

export class Composer {
  #form;
  #text;
  #counter;
  #limit;
  #store;
  #send;

  constructor({ form, text, counter, limit, store, send }) {
    this.#form = form;
    this.#text = text;
    this.#counter = counter;
    this.#limit = limit;
    this.#store = store;
    this.#send = send;
    text.value ||= store.get(DRAFT) ?? ""; // they may have begun before we were loaded
    form.querySelector("[type=submit]").disabled = false;
    text.addEventListener("input", () => this.#changed());
    text.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#changed();
  }

  focus() {
    this.#text.focus();
  }

  /** Put a text back for editing, before whatever is being typed. */
  edit(text) {
    this.#text.value = [text, this.#text.value].filter(Boolean).join("\n");
    this.#changed();
    this.focus();
  }

  clear() {
    this.#text.value = "";
    this.#changed();
  }

  #key(event) {
    // While a word is being composed (Japanese, Chinese, …), Enter belongs to the input method.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    this.focus();
    if (!text || this.#left() < 0) return;
    this.clear();
    this.#send(text);
  }

  #changed() {
    this.#store.set(DRAFT, this.#text.value);
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    this.#count();
  }

  /** How many characters more the server takes; counted as it counts, where an emoji may be one. */
  #left() {
    return this.#limit - [...this.#text.value.trim()].length;
  }

  #count() {
    if (this.#text.value.length < this.#limit * SHOW_COUNT_FROM) {
      this.#counter.textContent = "";
      return;
    }
    const left = this.#left();
    this.#counter.classList.toggle("over", left < 0);
    this.#counter.textContent = left < 0 ? `Too long by ${count(-left)}.` : `${count(left)} left.`;
  }
}

function count(characters) {
  return characters === 1 ? "1 character" : `${characters.toLocaleString("en")} characters`;
}
