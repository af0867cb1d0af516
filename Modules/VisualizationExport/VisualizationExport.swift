// VisualizationExport
