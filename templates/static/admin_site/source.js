"use strict";

// Keeps an import's progress fresh while somebody looks at it. Without this script a reload does.
(() => {
  const EVERY = 2000; // ms between two looks
  const panel = document.getElementById("source-live");
  if (!panel) return;

  const busy = () => panel.querySelector("[data-busy]")?.dataset.busy === "yes";

  const look = async () => {
    const response = await fetch(panel.dataset.liveUrl, { cache: "no-store", redirect: "error" });
    if (response.status !== 200) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const open = panel.querySelector("#source-pages")?.open;
    panel.replaceChildren(...fresh.body.childNodes);
    const pages = panel.querySelector("#source-pages");
    if (pages && open !== undefined) pages.open = open;
    window.localTimes(panel);
  };

  const tick = async () => {
    if (!document.hidden && busy()) {
      try { await look(); } catch { /* offline or signed out: the next look, or a reload, will tell */ }
    }
    setTimeout(tick, EVERY);
  };
  setTimeout(tick, EVERY);
})();
