"""The engine: BPMN file → definition → instance → step → rows. Data flows one way; it knows no handlers and no web."""
