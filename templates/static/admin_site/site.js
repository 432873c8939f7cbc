"use strict";

// Times come as UTC; people read them in their own time zone. Without this script they stay UTC.
(() => {
  const forms = {
    moment: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    clock: { hour: "2-digit", minute: "2-digit" },
    full: { weekday: "short", day: "numeric", month: "short", year: "numeric",
      hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  };
  const show = (at, form) => new Intl.DateTimeFormat("en-GB", forms[form]).format(at);

  window.localTimes = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const form = time.dataset.form || "moment";
      const at = new Date(time.dateTime);
      if (!(form in forms) || Number.isNaN(at.getTime())) continue;
      time.textContent = show(at, form);
      time.title = show(at, "full");
    }
  };

  document.addEventListener("DOMContentLoaded", () => window.localTimes(document));

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and copy";
    }
  });
})();
