// Drawing a diagram for the first time, and where it is looked at. Until it is whole and in its place the drawing takes
// no part in the page's layout: else the browser lays all of it out for each label that is measured and each time that
// it is moved, which in a diagram of 300 nodes took longer than everything else.

/** Import the diagram, let `arrange` mark it and say where to look, and only then show it. */
export async function drawUnseen(viewer, xml, arrange) {
  const canvas = viewer.get('canvas');
  const drawing = canvas.getContainer().querySelector(':scope > svg');
  drawing.style.display = 'none';
  try {
    await viewer.importXML(xml);
    arrange?.();
  } finally {
    drawing.style.display = '';
    canvas.resized(); // what it remembers of its size is of the time when there was none
  }
}

/** The box around everything in the layer that is shown, by what the elements say of themselves. */
export function extent(viewer) {
  const canvas = viewer.get('canvas');
  const root = canvas.getRootElement();
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  viewer.get('elementRegistry').forEach((one) => {
    if (one === root || one.hidden || canvas.findRoot(one) !== root) return;
    for (const { x, y, width = 0, height = 0 } of one.waypoints ?? [one]) {
      if (![x, y, width, height].every(Number.isFinite)) continue;
      box.left = Math.min(box.left, x);
      box.top = Math.min(box.top, y);
      box.right = Math.max(box.right, x + width);
      box.bottom = Math.max(box.bottom, y + height);
    }
  });
  if (box.left > box.right) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
}

/** All of it in the middle of what `left` pixels leave free, with a margin in pixels, never larger than drawn. */
export function fit(viewer, margin = 0, left = 0) {
  const canvas = viewer.get('canvas');
  const outer = canvas.getSize();
  if (!outer.width || !outer.height) return;
  const all = extent(viewer);
  const room = (size) => Math.max(size - 2 * margin, 1);
  const scale = Math.min(1, room(outer.width - left) / (all.width || 1), room(outer.height) / (all.height || 1));
  const [width, height] = [outer.width / scale, outer.height / scale];
  canvas.viewbox({ x: all.x + (all.width - width - left / scale) / 2, y: all.y + (all.height - height) / 2, width, height });
}
