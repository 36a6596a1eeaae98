/** `intune-pfx-client`: the PFX library's entry. The library itself is not here yet. */
export {};
