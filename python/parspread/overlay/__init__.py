"""The CDX overlay: trading rules, backtest, performance and diagnostics of one desk."""
