// Waiting: for a while, and for other tabs.

/** Seconds before the next try after so many failures: doubling, at most `most`, and spread so that not all come at once. */
export function backoff(failures, most = 20) {
  return Math.min(most, 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

export class Pause {
  #end = () => {};

  /** Resolves after so many seconds, or as soon as somebody calls `cut`. */
  for(seconds) {
    return new Promise((resolve) => {
      const timer = Number.isFinite(seconds) ? setTimeout(resolve, seconds * 1000) : null;
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  cut() {
    this.#end();
  }
}

let locks = navigator.locks;

/** Does it while no other tab does, where the browser can arrange that; in a frame it may be forbidden to. */
export async function alone(name, act) {
  let begun = false;
  const begin = () => {
    begun = true;
    return act();
  };
  try {
    return await (locks ? locks.request(name, begin) : begin());
  } catch (error) {
    if (begun) throw error;
    locks = null;
    return act();
  }
}
