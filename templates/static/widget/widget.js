"use strict";

// The side panel: asks the agent for things, and stays fresh while somebody looks at it.
(() => {
  const EVERY = 2500; // ms between two looks
  const LONGEST = 20000; // ms, when nothing answers
  const { token, live } = document.body.dataset;
  if (!token) return;
  const part = document.getElementById("live");
  const said = document.getElementById("said");
  let tag = document.body.dataset.tag;
  let wait = EVERY;
  let timer = 0;

  const localTimes = () => {
    for (const time of part.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.textContent = at.toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    }
  };

  const say = (text) => { said.textContent = text; };

  const look = async () => {
    const response = await fetch(live, { headers: { "If-None-Match": tag }, cache: "no-store", redirect: "error" });
    if (response.status === 403) {
      clearInterval(timer);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
      return false;
    }
    if (response.status !== 200 || part.contains(document.activeElement)) return true;
    tag = response.headers.get("ETag") || "";
    part.replaceChildren(...new DOMParser().parseFromString(await response.text(), "text/html").body.childNodes);
    localTimes();
    return true;
  };

  const again = (after) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        if (!document.hidden && (await look()) === false) return;
        wait = EVERY;
      } catch {
        wait = Math.min(wait * 2, LONGEST);
      }
      again(wait);
    }, after);
  };

  const ask = async (control, address, field) => {
    if (control.getAttribute("aria-disabled") === "true") return;
    control.setAttribute("aria-disabled", "true");
    say("…");
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Widget-Token": token },
        body: JSON.stringify({ words: field ? field.value : "" }),
        redirect: "error",
      });
      const answer = await response.json();
      say(answer.error ? answer.error.message : answer.said || "The agent is at it. What comes of it will show below.");
      if (response.ok && field) field.value = "";
    } catch {
      say("That didn’t get through. Try again.");
    }
    control.removeAttribute("aria-disabled");
    again(0);
  };

  const copy = async (shown) => {
    try {
      await navigator.clipboard.writeText(shown.textContent);
      if (said) say("Copied.");
    } catch { // a frame may not be allowed to; then it is at least selected
      getSelection().selectAllChildren(shown);
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.copy) copy(document.getElementById(button.dataset.copy));
    else if (button?.dataset.act) ask(button, button.dataset.act, document.getElementById(button.dataset.words));
  });
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    ask(form.querySelector("button"), form.dataset.act, document.getElementById(form.dataset.words));
  });

  localTimes();
  again(wait);
})();
