// What this browser remembers about one chat: in localStorage, or in memory where that is blocked or full.

export class Store {
  #prefix;
  #memory = new Map();

  constructor(chat) {
    this.#prefix = `aissist-chat:${chat}:`;
  }

  /** Whether what we remember is still there when the page is loaded again. */
  get lasts() {
    try {
      localStorage.getItem(this.#prefix);
      return true;
    } catch {
      return false;
    }
  }

  get(name) {
    if (this.#memory.has(name)) return this.#memory.get(name);
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + name));
    } catch {
      return null;
    }
  }

  set(name, value) {
    try {
      localStorage.setItem(this.#prefix + name, JSON.stringify(value));
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, value);
    }
  }

  remove(name) {
    this.#memory.delete(name);
    try {
      localStorage.removeItem(this.#prefix + name);
    } catch {
      // Nothing was kept, so nothing is left.
    }
  }

  /** All names that begin with `start`. */
  names(start) {
    const names = new Set(this.#memory.keys());
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.#prefix)) names.add(key.slice(this.#prefix.length));
      }
    } catch {
      // Blocked: what is in memory is all there is.
    }
    return [...names].filter((name) => name.startsWith(start));
  }

  /** Calls back with the name of whatever another tab has changed. */
  onChange(tell) {
    addEventListener("storage", ({ key }) => {
      if (key === null) tell("session");
      else if (key.startsWith(this.#prefix)) tell(key.slice(this.#prefix.length));
    });
  }
}
