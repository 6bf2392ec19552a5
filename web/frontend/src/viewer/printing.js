// A diagram on paper is whole, whatever part of it was looked at on the screen, and as wide as the paper.

/** What is seen comes back afterwards. Notes beside elements are left out (print.css): they stand by the screen's measure. */
export function printWhole(place, viewer) {
  const canvas = viewer.get('canvas');
  const drawing = place.querySelector('svg[data-element-id], .djs-container > svg');
  let seen = null;
  addEventListener('beforeprint', () => {
    if (!place.isConnected || !drawing || seen) return;
    seen = canvas.viewbox();
    canvas.zoom('fit-viewport');
    const { width, height } = canvas.getSize();
    drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
  });
  addEventListener('afterprint', () => {
    if (!seen) return;
    drawing.removeAttribute('viewBox');
    canvas.viewbox(seen);
    seen = null;
  });
}
