@setlocal EnableExtensions DisableDelayedExpansion
@"%~dp0node.exe" "%~dp0intune-pfx.mjs" %*
