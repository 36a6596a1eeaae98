/** What is signed of a Windows program, after "Windows Authenticode Portable Executable Signature Format". */
import { createHash } from "node:crypto";

/** The table of certificates, empty where a program is not signed, and the SHA-256 that a signature has in it. */
export function authenticodeOf(exe: Buffer): { certificates: Buffer; sha256: Buffer } {
  const optionalHeader = exe.readUInt32LE(0x3c) + 24;
  if (exe.readUInt16LE(optionalHeader) !== 0x20b) throw new Error("The program is not for 64 bits.");
  const checksum = optionalHeader + 64;
  const directory = optionalHeader + 112 + 4 * 8; // the fifth: certificates
  const [start, length] = [exe.readUInt32LE(directory), exe.readUInt32LE(directory + 4)];
  const hash = createHash("sha256")
    .update(exe.subarray(0, checksum))
    .update(exe.subarray(checksum + 4, directory))
    .update(exe.subarray(directory + 8, start))
    .update(exe.subarray(start + length));
  return { certificates: exe.subarray(start, start + length), sha256: hash.digest() };
}
