"""Reports and KPIs on pages. Law: a page, its CSV, its workbook and its PDF are made of one content, row by row."""
