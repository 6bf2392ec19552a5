// Small pieces of DOM, made without markup strings so that nothing can be injected.

/** element('button', {class: 'btn', onclick: f}, 'Text', child …) */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

export const whenReady = (run) =>
  document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', run, { once: true }) : run();

/** Run `mount` once for every element that matches, now and after htmx has swapped content in. */
export function mountEvery(selector, mount) {
  const mounted = new WeakSet();
  const look = (root) => {
    const found = [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    for (const place of found) {
      if (mounted.has(place)) continue;
      mounted.add(place);
      mount(place);
    }
  };
  whenReady(() => look(document));
  document.addEventListener('htmx:load', (event) => look(event.target));
}
