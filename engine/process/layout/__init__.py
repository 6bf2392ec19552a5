"""A drawing for a diagram that has none. Law: the same model gives the same drawing; the model itself stays untouched.

`arrange` takes BPMN XML and writes its diagram interchange (BPMN 2.0, chapter 12) anew: flow from left to right, lanes
as bands, lines at right angles. Elements that could change places stand in the order of the file: that is how an
author steers. Columns are longest paths from the starts (Sugiyama's layers); rows are chosen so that lines are short
and straight and run through nobody; lines then look for their way by A* through the gaps, where bends and crossings
cost. Each sub-process is drawn on its own first and is one large node of the body around it.
"""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.process.layout.body import Body, read
from engine.process.layout.labels import place_labels
from engine.process.layout.placing import place
from engine.process.layout.routing import route
from engine.process.layout.shapes import Picture
from engine.process.layout.writing import write

__all__ = ["arrange"]


def arrange(xml: bytes, file: str = "", *, again: bool = True) -> bytes:
    """The same BPMN file with a drawing made for it.

    InvalidInput when the file has a drawing and is not to be drawn `again`; ModelRefused when it is no BPMN at all.
    """
    model = read(xml, file)
    if model.drawn and not again:
        raise InvalidInput(
            place=file,
            reason="it is drawn already; --again throws that drawing away",
            reason_zh="已有图形；--again 会丢弃原图并重新排版",
        )
    pictures = [(pool, _draw(pool.body)) for pool in model.pools]
    return write(model, pictures)


def _draw(body: Body) -> Picture:
    """A body's drawing, with those of the sub-processes in it moved to where they stand."""
    inner = {node.id: _draw(node.body) for node in body.nodes if node.body is not None}
    picture = place(body, {id: (drawn.width, drawn.height) for id, drawn in inner.items()})
    route(body, picture)
    for id, drawn in inner.items():
        picture.take_in(drawn, picture.boxes[id])
    place_labels(body, picture)
    return picture
