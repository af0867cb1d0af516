// CSVExport
