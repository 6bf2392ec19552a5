// The editors' markup carries `data-style` where it had `style` (build.mjs): the page's policy lets scripts set styles,
// but not markup.
const apply = (root) => {
  if (root.nodeType !== Node.ELEMENT_NODE || root.ownerSVGElement) return; // diagrams are drawn piece by piece, without
  for (const one of [root, ...root.querySelectorAll('[data-style]')]) {
    if (one.dataset?.style && one.style.cssText === '') one.style.cssText = one.dataset.style;
  }
};

new MutationObserver((changes) => {
  for (const change of changes) {
    if (change.type === 'attributes') change.target.style.cssText = change.target.dataset.style ?? '';
    else change.addedNodes.forEach(apply);
  }
}).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-style'] });
