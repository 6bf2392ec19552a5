"""The engine: BPMN file → definition → instance → step → rows. Data flows one way; nothing here knows handlers or web."""
