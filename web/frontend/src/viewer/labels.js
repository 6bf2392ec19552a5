// Names in the page's language in place of the file's, before anything is laid out: a label outside its element gets
// the room that the new words need, on the side of the line or shape where it was.
const SIZE = 11; // pixels of a label outside its element, as bpmn-js draws it
const LINE = 14;
const WIDEST = 90;

export function nameBeforeDrawing(viewer, names, fontFamily) {
  const measured = measuring(fontFamily);
  viewer.on('import.parse.complete', ({ definitions, elementsById }) => {
    for (const [id, name] of Object.entries(names)) {
      if (elementsById?.[id]) elementsById[id].name = name;
    }
    const drawn = (definitions?.diagrams ?? []).flatMap((diagram) => diagram.plane?.planeElement ?? []);
    for (const shape of drawn) {
      const name = names[shape.bpmnElement?.id];
      if (name && shape.label?.bounds) makeRoom(shape, measured(name));
    }
  });
}

function measuring(fontFamily) {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `${SIZE}px ${fontFamily}`;
  const wide = (text) => Math.ceil(pen.measureText(text).width) + 2;
  return (name) => {
    const width = Math.max(...name.split(/\s+/).map(wide), Math.min(wide(name), WIDEST));
    return { width, height: LINE * Math.ceil(wide(name) / width) };
  };
}

/** Widen a label that is too small, away from what it belongs to. */
function makeRoom(shape, { width, height }) {
  const { bounds } = shape.label;
  if (bounds.width >= width) return;
  const beside = anchor(shape, middle(bounds));
  const [cx, cy] = middle(bounds);
  if (cx > beside.x + beside.width) Object.assign(bounds, { width, height, y: cy - height / 2 }); // keeps its left edge
  else if (cx < beside.x) Object.assign(bounds, { x: bounds.x + bounds.width - width, width, height, y: cy - height / 2 });
  else Object.assign(bounds, { x: cx - width / 2, width, y: cy < beside.y ? bounds.y + bounds.height - height : bounds.y, height });
}

const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];

/** The box of a shape, or of the piece of a line that is nearest to a point. */
function anchor({ bounds, waypoint = [] }, [x, y]) {
  if (bounds) return bounds;
  const pieces = waypoint.slice(1).map((to, at) => {
    const from = waypoint[at];
    return { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
  });
  const away = (box) => Math.hypot(Math.max(box.x - x, 0, x - box.x - box.width), Math.max(box.y - y, 0, y - box.y - box.height));
  return pieces.sort((a, b) => away(a) - away(b))[0] ?? { x, y, width: 0, height: 0 };
}
