// Colours of a chart: the page's own, read where the chart stands; paper's when it is printed.
const NAMES = ['primary', 'danger', 'warning', 'success', 'info', 'secondary'];
const SERIES = 8;

/** The colours for one drawing: text, lines, ground, the row of series and those with a meaning. */
export function colours(place, theme) {
  const probe = theme ? paper(place, theme) : place;
  const style = getComputedStyle(probe);
  const read = (name) => style.getPropertyValue(name).trim();
  const found = {
    text: read('--tblr-body-color'),
    quiet: read('--tblr-secondary'),
    line: read('--tblr-border-color'),
    ground: read('--df-chart-ground'),
    low: read('--df-chart-low'),
    font: style.fontFamily,
    row: Array.from({ length: SERIES }, (_, at) => read(`--df-chart-${at + 1}`)),
    named: Object.fromEntries(NAMES.map((name) => [name, read(`--tblr-${name}`)])),
  };
  if (probe !== place) probe.remove();
  return found;
}

function paper(place, theme) {
  const probe = document.createElement('div');
  probe.dataset.bsTheme = theme;
  probe.hidden = true;
  place.after(probe);
  return probe;
}
