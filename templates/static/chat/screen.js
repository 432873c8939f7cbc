// What stands around the conversation: who answers, where in it we are, the menu, the question before starting over.

export const by = (id) => document.getElementById(id);

const page = document.body.dataset;
const NOBODY_YET = { with: { kind: "agent", name: "" }, status: "open", typing: false };

/** Whose move it is, from an answer of the feed. */
export function showPartner({ with: partner, status, typing } = NOBODY_YET) {
  const name = partner.name || page.agent;
  const lines = {
    agent: name === page.title ? "AI agent" : `${name}, AI agent`,
    human: partner.name ? `You are talking to ${partner.name}` : "A person is with you",
    waiting: "Waiting for a person to join",
  };
  const line = status === "closed" ? "This conversation is closed. Write to reopen it." : lines[partner.kind];
  if (by("partner").textContent !== line) by("partner").textContent = line; // or it would be announced again
  by("typing").hidden = !typing;
}

export function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = by("scroll");
  return scrollHeight - scrollTop - clientHeight < 80;
}

export function toEnd() {
  by("scroll").scrollTop = by("scroll").scrollHeight;
  by("jump").hidden = true;
}

/** Say that there is something new below, to somebody who reads further up. */
export function showMoreBelow() {
  by("jump").hidden = false;
}

/** `startOver` is called when the visitor has confirmed it, `escape` for an Escape that closes nothing of ours. */
export function wireMenu({ startOver, escape }) {
  by("more").addEventListener("click", () => showMenu(by("menu").hidden));
  by("ask-start-over").addEventListener("click", () => {
    showMenu(false);
    by("start-over").returnValue = "";
    by("start-over").showModal();
  });
  by("start-over").addEventListener("close", () => by("start-over").returnValue === "yes" && startOver());
  document.addEventListener("click", ({ target }) => target.closest(".menu") || showMenu(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || by("start-over").open) return;
    if (by("menu").hidden) return escape();
    showMenu(false);
    by("more").focus();
  });
}

function showMenu(open) {
  by("menu").hidden = !open;
  by("more").setAttribute("aria-expanded", String(open));
}

by("scroll").addEventListener("scroll", () => isAtEnd() && (by("jump").hidden = true), { passive: true });
