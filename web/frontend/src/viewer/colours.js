// Colours of a drawing follow the page, light or dark (style/drawing.css); a drawing with colours of its own stays on paper.
const OWN = /\s(?:bioc:(?:fill|stroke)|color:(?:background|border)-color)=/;

/** What bpmn-js draws with: custom properties, so that a switch of the theme needs no new drawing. */
export const COLOURS = {
  defaultFillColor: 'var(--df-drawing-ground)',
  defaultStrokeColor: 'var(--df-drawing-line)',
  defaultLabelColor: 'var(--df-drawing-words)',
};

/** How to draw this diagram, and whether its author chose colours. */
export function coloursOf(place, xml) {
  const own = OWN.test(xml);
  place.classList.toggle('df-own-colours', own);
  return own ? {} : { bpmnRenderer: COLOURS };
}
