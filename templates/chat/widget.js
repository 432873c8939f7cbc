// The web chat on this site: a button, and the hosted page in a frame. All styles go through the CSSOM and stay inside
// a shadow root, so that they pass a strict Content-Security-Policy and neither side's styles reach the other's.
// The site needs to allow us as script-src and frame-src, nothing more.
(() => {
  "use strict";
  const chat = {{ options|safe }};
  const page = new URL("./", document.currentScript.src);
  const memory = `aissist-chat:${chat.id}:widget`;

  const STYLES = `
    :host { all: initial; }
    [hidden] { display: none !important; }
    button {
      position: fixed; right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
      z-index: 2147483000; width: 56px; height: 56px; padding: 0; border: 0; border-radius: 50%; cursor: pointer;
      display: grid; place-items: center; color: ${chat.onColour}; background: ${chat.colour};
      box-shadow: 0 1px 2px rgb(0 0 0 / 0.2), 0 6px 20px rgb(0 0 0 / 0.22); transition: transform 0.15s ease;
    }
    button:hover { transform: translateY(-2px); }
    button:focus-visible { outline: 3px solid #fff; outline-offset: 0; box-shadow: 0 0 0 6px #14161a; }
    svg { width: 26px; height: 26px; }
    .badge {
      position: absolute; top: -4px; right: -4px; min-width: 20px; height: 20px; padding: 0 6px; box-sizing: border-box;
      border-radius: 10px; background: #b3261e; color: #fff; font: 600 12px/20px system-ui, sans-serif; text-align: center;
    }
    iframe {
      position: fixed; right: max(20px, env(safe-area-inset-right)); bottom: 92px; z-index: 2147483000;
      width: 400px; height: min(680px, calc(100vh - 112px)); border: 0; border-radius: 16px; background: Canvas;
      box-shadow: 0 0 0 1px rgb(0 0 0 / 0.06), 0 12px 48px rgb(0 0 0 / 0.24); color-scheme: light dark;
    }
    @media (max-width: 480px), (max-height: 480px) {
      iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; box-shadow: none; z-index: 2147483001; }
    }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } button:hover { transform: none; } }
  `;
  const BUBBLE = "M5 4h14a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-8l-5 4v-4H5a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z";
  const CHEVRON = "M5 9l7 7 7-7";

  const root = document.createElement("aissist-chat").attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  const button = root.appendChild(document.createElement("button"));
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.hidden = true;
  const icon = button.appendChild(picture());
  button.append(badge);
  button.type = "button";
  let frame = null;
  let open = false;
  let ready = false;

  function picture() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(svg.namespaceURI, "path"));
    return svg;
  }

  function draw(unread = 0) {
    const path = icon.firstChild;
    path.setAttribute("d", open ? CHEVRON : BUBBLE);
    path.setAttribute("fill", open ? "none" : "currentColor");
    path.setAttribute("stroke", open ? "currentColor" : "none");
    path.setAttribute("stroke-width", "2.4");
    path.setAttribute("stroke-linecap", "round");
    badge.hidden = open || !unread;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    const news = badge.hidden ? "" : unread === 1 ? ", 1 new message" : `, ${unread} new messages`;
    button.setAttribute("aria-label", open ? `Close chat: ${chat.title}` : `Open chat: ${chat.title}${news}`);
    button.setAttribute("aria-expanded", String(open));
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = chat.title;
    frame.allow = "clipboard-write";
    frame.hidden = !open;
    frame.addEventListener("load", () => {
      ready = true;
      tell();
    });
    frame.src = `${page}#host=${encodeURIComponent(location.origin)}`;
    root.insertBefore(frame, button);
  }

  function tell() {
    if (ready) frame.contentWindow.postMessage({ aissist: "chat", open, kept: remembered().kept }, page.origin);
  }

  function toggle(wanted) {
    open = wanted;
    load();
    frame.hidden = !open;
    draw();
    remember({ open, used: true });
    tell();
    (open ? frame : button).focus();
  }

  // A site may be denied its storage; then the chat is closed on every page, and works.
  function remember(changes) {
    try {
      localStorage.setItem(memory, JSON.stringify({ ...remembered(), ...changes }));
    } catch {}
  }

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(memory)) ?? {};
    } catch {
      return {};
    }
  }

  button.addEventListener("click", () => toggle(!open));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) toggle(false);
  });
  window.addEventListener("message", (event) => {
    if (event.origin !== page.origin || event.source !== frame?.contentWindow || event.data?.aissist !== "chat") return;
    if (event.data.close && open) toggle(false);
    // Who the visitor is, for the next page, where the browser lets the frame itself store nothing.
    if ("keep" in event.data) remember({ kept: event.data.keep });
    if (Number.isInteger(event.data.unread)) draw(event.data.unread);
  });

  function start() {
    document.body.append(root.host);
    const before = remembered();
    // On a phone an open chat hides the whole page, so there it isn't opened again by itself.
    open = before.open === true && matchMedia("(min-width: 481px) and (min-height: 481px)").matches;
    draw();
    if (before.used) load();
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
