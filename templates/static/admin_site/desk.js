"use strict";

// Keeps a conversation's page fresh while somebody looks at it. Everything works without this script, after a reload.
(() => {
  const EVERY = 2000; // ms between two looks
  const PARTS = ["live-head", "live-thread", "live-side"];
  const desk = document.querySelector(".desk");
  if (!desk) return;

  let tag = desk.dataset.liveTag;
  const shown = {};
  let timer = 0;

  const lastNumber = () => {
    const bubbles = desk.querySelectorAll(".bubble");
    return bubbles.length ? Number(bubbles[bubbles.length - 1].id.replace("message-", "")) : 0;
  };

  const replace = (id, fresh) => {
    const old = document.getElementById(id);
    const open = new Set([...old.querySelectorAll("details[open][id]")].map((detail) => detail.id));
    const chosen = old.querySelector("select")?.value;
    const focused = old.contains(document.activeElement) ? document.activeElement.closest("details[id]")?.id : "";
    old.replaceChildren(...fresh.childNodes);
    for (const name of open) document.getElementById(name)?.setAttribute("open", "");
    const select = old.querySelector("select");
    if (select && chosen) select.value = chosen;
    if (focused) document.getElementById(focused)?.querySelector("summary").focus();
    window.localTimes(old);
  };

  // A part with a control in somebody's hands is left alone until they have moved on.
  const busy = (id) => document.activeElement?.matches(`#${id} select, #${id} button, #${id} pre`);

  const announce = (before) => {
    const news = [...desk.querySelectorAll(".bubble")].filter((b) => Number(b.id.replace("message-", "")) > before);
    if (news.length) {
      const authors = [...new Set(news.map((bubble) => bubble.dataset.author))].join(", ");
      document.getElementById("desk-news").textContent =
        news.length === 1 ? `New message from ${authors}` : `${news.length} new messages from ${authors}`;
    }
  };

  const look = async () => {
    const response = await fetch(desk.dataset.liveUrl, {
      headers: { "If-None-Match": tag }, cache: "no-store", redirect: "error",
    });
    if (response.status !== 200) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const before = lastNumber();
    let waiting = false;
    for (const id of PARTS) {
      const part = fresh.getElementById(id);
      const facts = part.innerHTML.replace(/name="(token|csrfmiddlewaretoken)" value="[^"]*"/g, "");
      if (shown[id] === facts) continue;
      if (busy(id)) { waiting = true; continue; }
      shown[id] = facts;
      replace(id, part);
    }
    if (!waiting) tag = response.headers.get("ETag") || "";
    announce(before);
  };

  const tick = async () => {
    clearTimeout(timer);
    if (!document.hidden) {
      try { await look(); } catch { /* offline or signed out: the next look, or a reload, will tell */ }
    }
    timer = setTimeout(tick, EVERY);
  };

  // On a narrow screen the whole page scrolls; begin where the conversation has got to, unless something went wrong.
  const thread = desk.querySelector(".desk-thread");
  const bubbles = desk.querySelectorAll(".bubble");
  if (getComputedStyle(thread).overflowY === "visible" && bubbles.length && !document.querySelector(".messagelist")) {
    bubbles[bubbles.length - 1].scrollIntoView({ block: "center" });
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  tick();

  // Writing: Ctrl+Enter replies, and a form that is on its way isn't sent again.
  const write = desk.querySelector("form[data-write]");
  write?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      write.requestSubmit(write.querySelector("[data-submit]"));
    }
  });
  // Who sends a file needn't write anything.
  const files = write?.querySelector("[type=file]");
  const needsWords = () => { write.querySelector("textarea").required = !files.files.length; };
  files?.addEventListener("change", needsWords);

  desk.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of desk.querySelectorAll("form")) delete form.dataset.sent;
  });
})();
