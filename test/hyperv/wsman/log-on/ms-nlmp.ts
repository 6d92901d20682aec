const bytes = (hex: string) => Buffer.from(hex.replace(/\s+/g, ''), 'hex');

const TARGET_INFO = bytes(`
  02 00 0c 00 44 00 6f 00 6d 00 61 00 69 00 6e 00
  01 00 0c 00 53 00 65 00 72 00 76 00 65 00 72 00 00 00 00 00`);

/** The values of MS-NLMP 4.2.1 and 4.2.4: user "User" of "Domain", password "Password", NTLMv2. */
export const NLMP = {
  sessionKey: Buffer.alloc(16, 0x55),
  clientChallenge: Buffer.alloc(8, 0xaa),
  serverChallenge: bytes('01 23 45 67 89 ab cd ef'),
  targetInfo: TARGET_INFO,
  challenge: Buffer.concat([
    bytes(`
      4e 54 4c 4d 53 53 50 00 02 00 00 00 0c 00 0c 00 38 00 00 00 33 82 8a e2 01 23 45 67 89 ab cd ef
      00 00 00 00 00 00 00 00 24 00 24 00 44 00 00 00 06 00 70 17 00 00 00 0f 53 00 65 00 72 00 76 00
      65 00 72 00`),
    TARGET_INFO,
  ]),
  ntowf: bytes('0c 86 8a 40 3b fd 7a 93 a3 00 1e f2 2e f0 2e 3f'),
  blob: Buffer.concat([
    bytes('01 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 aa aa aa aa aa aa aa aa 00 00 00 00'),
    TARGET_INFO,
    Buffer.alloc(4),
  ]),
  proof: bytes('68 cd 0a b8 51 e5 1c 96 aa bc 92 7b eb ef 6a 1c'),
  sessionBaseKey: bytes('8d e4 0c ca db c1 4a 82 f1 5c b0 ad 0d e9 5c a3'),
  enciphered: bytes('c5 da d2 54 4f c9 79 90 94 ce 1c e9 0b c9 d0 3e'),
  signKey: bytes('47 88 dc 86 1b 47 82 f3 5d 43 fd 98 fe 1a 2d 39'),
  sealKey: bytes('59 f6 00 97 3c c4 96 0a 25 48 0a 7c 19 6e 4c 58'),
  content: bytes('54 e5 01 65 bf 19 36 dc 99 60 20 c1 81 1b 0f 06 fb 5f'),
  signature: bytes('01 00 00 00 7f b3 8e c5 c5 5d 49 76 00 00 00 00'),
};
