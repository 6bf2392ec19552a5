// Moving a token by hand: drag "you are here" to another element; the page then says what would follow.
// Whoever does not drag chooses from the lists beside the diagram.

export function letMove(place, viewer, active) {
  const { moveUrl } = place.dataset;
  if (!moveUrl) return;
  const canvas = viewer.get('canvas');
  const drawn = viewer.get('elementRegistry');
  let source = null;
  let over = null;

  const under = ({ clientX, clientY }) => {
    const shape = document.elementsFromPoint(clientX, clientY).map((one) => one.closest?.('.djs-element')).find(Boolean);
    const found = shape && drawn.get(shape.dataset.elementId);
    return found && !found.waypoints && found.parent && found.type !== 'label' && !/Participant|Lane$/.test(found.type) ? found : null;
  };
  const show = (next) => {
    if (over === next) return;
    if (over) canvas.removeMarker(over.id, 'df-drop');
    if ((over = next)) canvas.addMarker(over.id, 'df-drop');
  };
  const stop = () => {
    show(null);
    source = null;
    place.classList.remove('df-moving');
  };

  place.addEventListener(
    'pointerdown',
    (event) => {
      if (!event.target.closest?.('.df-you-are-here')) return;
      source = active();
      if (!source) return;
      place.classList.add('df-moving');
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
  document.addEventListener('pointermove', (event) => source && show(under(event)));
  document.addEventListener('pointerup', (event) => {
    if (!source) return;
    const [from, target] = [source, under(event)];
    stop();
    if (!target || target.id === from) return;
    location.assign(`${moveUrl}?${new URLSearchParams({ source: from, target: target.id })}#preview`);
  });
  document.addEventListener('keydown', (event) => event.key === 'Escape' && source && stop());
}
