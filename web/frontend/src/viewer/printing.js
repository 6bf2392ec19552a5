// A diagram on paper is whole, whatever part of it was looked at on the screen, as wide as the paper, and no higher than
// it is drawn.

const EDGE = 8;
/** What the logo below the drawing takes of the paper's width. */
const LOGO = 0.06;

/** What is seen comes back afterwards. Notes beside elements are left out (print.css): they stand by the screen's measure. */
export function printWhole(place, viewer) {
  const canvas = viewer.get('canvas');
  const drawing = place.querySelector('svg[data-element-id], .djs-container > svg');
  let seen = null;
  addEventListener('beforeprint', () => {
    if (!place.isConnected || !drawing || seen) return;
    seen = canvas.viewbox();
    canvas.zoom('fit-viewport');
    const { x, y, scale, inner } = canvas.viewbox();
    const width = inner.width * scale + 2 * EDGE;
    const height = inner.height * scale + 2 * EDGE + width * LOGO;
    drawing.setAttribute('viewBox', `${(inner.x - x) * scale - EDGE} ${(inner.y - y) * scale - EDGE} ${width} ${height}`);
    place.style.setProperty('--df-drawn', `${width} / ${height}`);
  });
  addEventListener('afterprint', () => {
    if (!seen) return;
    drawing.removeAttribute('viewBox');
    place.style.removeProperty('--df-drawn');
    canvas.viewbox(seen);
    seen = null;
  });
}
