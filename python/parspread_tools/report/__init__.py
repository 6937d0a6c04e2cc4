"""What people look at: the report page, the workbook, and the closing words of a build."""
