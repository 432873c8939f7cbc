// The page inside a widget: who embeds it, and the few words that the two exchange. Only the page's own parent is heard,
// and only if it has the origin that the widget named in the address.

export class Frame {
  #host = new URLSearchParams(location.hash.slice(1)).get("host");

  /** Whether a widget shows us, so that it can hide us too. */
  embedded = parent !== window && Boolean(this.#host);
  open = !this.embedded;

  /** Calls back when the widget shows or hides us, with what it kept for us. */
  onOpen(tell) {
    addEventListener("message", ({ origin, source, data }) => {
      if (source !== parent || origin !== this.#host || data?.aissist !== "chat") return;
      this.open = data.open === true;
      tell(this.open, data.kept);
    });
  }

  close() {
    this.#say({ close: true });
  }

  unread(count) {
    this.#say({ unread: count });
  }

  /** Something for the widget to keep for the next page; null to forget it. */
  keep(value) {
    this.#say({ keep: value });
  }

  #say(words) {
    if (this.embedded) parent.postMessage({ aissist: "chat", ...words }, this.#host);
  }
}
