// The WebAssembly text behind src/cos/signing/signing-key.ts: SHA-1 (FIPS 180-4) and what a COS signature makes of it.
//
// It is written by a program because its 80 rounds are spelled out, each on the right five of the five registers: in a loop,
// with the words in memory, they take twice as long.
//
// Memory, in bytes:
//      0  $state: the digest of what was hashed last, five words
//     32  $key: what is prepared of a SignKey, 160 bytes, which may be copied away and back:
//           0  SHA-1's state after the key's inner pad, five words
//          32  the same of the outer pad
//          64  how long the string to sign is before its hash, bytes
//          68  the string to sign, "sha1\n<KeyTime>\n", and room for a hash and a newline
//    192  $digest: 20 bytes and their padding
//    256  $signature, 40 hex digits
//    320  $text, the HttpString, to the end of the memory but 128 bytes for its padding

const PAGE = 65_536;
const STATE = 0;
const KEY = 32;
const INNER = KEY;
const OUTER = KEY + 32;
const LENGTH = KEY + 64;
const STRING = KEY + 68;
const DIGEST = 192;
const SIGNATURE = 256;
const TEXT = 320;
/** Longest string to sign without its hash. */
const LONGEST_HEAD = 48;

const registers = ["a", "b", "c", "d", "e"];
const initial = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

const number = (value) => `(i32.const ${value})`;
const get = (name) => `(local.get $${name})`;
const word = (t) => `w${t % 16}`;
const eachRegister = (write) => registers.map(write).join("\n    ");

/** Word `t` of the message schedule, whose last 16 are kept. */
function scheduled(t) {
  if (t < 16) return get(word(t));
  const [x, y, z, w] = [t - 3, t - 8, t - 14, t - 16].map((at) => get(word(at)));
  return `(local.tee $${word(t)} (i32.rotl (i32.xor (i32.xor ${x} ${y}) (i32.xor ${z} ${w})) ${number(1)}))`;
}

function mixed(t, b, c, d) {
  if (t < 20) return `(i32.xor ${d} (i32.and ${b} (i32.xor ${c} ${d})))`;
  if (t >= 40 && t < 60) return `(i32.or (i32.and ${b} ${c}) (i32.and ${d} (i32.or ${b} ${c})))`;
  return `(i32.xor ${b} (i32.xor ${c} ${d}))`;
}

/** Instead of the values, the names of the registers move on by one each round. */
function round(t) {
  const [a, b, c, d, e] = registers.map((_, at) => registers[(at + 4 * t) % 5]);
  const sum = [
    get(e),
    number(constants[Math.floor(t / 20)]),
    scheduled(t),
    mixed(t, get(b), get(c), get(d)),
    `(i32.rotl ${get(a)} ${number(5)})`,
  ].reduce((left, right) => `(i32.add ${left} ${right})`);
  return `(local.set $${e} ${sum}) (local.set $${b} (i32.rotl ${get(b)} ${number(30)}))`;
}

const upTo = (count, write) => Array.from({ length: count }, (_, at) => write(at)).join("\n    ");
const bigEndian = "i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12";
const loadWords = (
  quarter,
) => `(local.set $v (${bigEndian} (v128.load offset=${16 * quarter} ${get("at")}) ${get("v")}))
    ${upTo(4, (lane) => `(local.set $${word(4 * quarter + lane)} (i32x4.extract_lane ${lane} ${get("v")}))`)}`;

/** @returns {string} */
export const signingWat = () => `(module
  (memory (export "memory") 1)
  (global (export "key") i32 ${number(KEY)})
  (global (export "keyLength") i32 ${number(DIGEST - KEY)})
  (global (export "string") i32 ${number(STRING)})
  (global (export "longestHead") i32 ${number(LONGEST_HEAD)})
  (global (export "signature") i32 ${number(SIGNATURE)})
  (global (export "text") i32 ${number(TEXT)})
  (global (export "longestText") i32 ${number(PAGE - TEXT - 128)})

  ;; Takes the blocks from $at to $end into the five values on the stack, and leaves the outcome in $state.
  (func $blocks (param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $e i32) (param $at i32) (param $end i32)
    (local $v v128)
    ${eachRegister((name) => `(local $h${name} i32)`)}
    ${upTo(16, (at) => `(local $${word(at)} i32)`)}
    (loop $next
    ${eachRegister((name) => `(local.set $h${name} ${get(name)})`)}
    ${upTo(4, loadWords)}
    ${upTo(80, round)}
    ${eachRegister((name) => `(local.set $${name} (i32.add ${get(name)} ${get(`h${name}`)}))`)}
    (br_if $next (i32.lt_u (local.tee $at (i32.add ${get("at")} ${number(64)})) ${get("end")})))
    ${eachRegister((name, at) => `(i32.store offset=${STATE + 4 * at} ${number(0)} ${get(name)})`)})

  ;; Pads the $length bytes at $at, which come after $before others, and takes them into the state at $from.
  (func $finish (param $from i32) (param $at i32) (param $length i32) (param $before i32)
    (local $tail i32) (local $end i32)
    (local.set $tail (i32.add ${get("at")} ${get("length")}))
    (local.set $end
      (i32.add ${get("at")} (i32.and (i32.add ${get("length")} ${number(72)}) ${number(-64)})))
    (memory.fill ${get("tail")} ${number(0)} (i32.sub ${get("end")} ${get("tail")}))
    (i32.store8 ${get("tail")} ${number(0x80)})
    (i32.store (i32.sub ${get("end")} ${number(4)})
      (call $swap (i32.shl (i32.add ${get("length")} ${get("before")}) ${number(3)})))
    (call $blocks
      ${upTo(5, (at) => `(i32.load offset=${4 * at} ${get("from")})`)}
      ${get("at")} ${get("end")}))

  (func $swap (param $x i32) (result i32)
    (i32.or
      (i32.and (i32.rotl ${get("x")} ${number(8)}) ${number(0x00ff00ff)})
      (i32.and (i32.rotl ${get("x")} ${number(24)}) ${number(0xff00ff00)})))

  ;; $state in hex, at $to.
  (func $hex (param $to i32)
    (local $at i32) (local $v v128)
    (loop $words
      ;; Each byte twice, the first for its upper half and the second for its lower.
      (local.set $v (i32x4.splat (i32.load offset=${STATE} ${get("at")})))
      (local.set $v (i8x16.shuffle 3 3 2 2 1 1 0 0 3 3 2 2 1 1 0 0 ${get("v")} ${get("v")}))
      (local.set $v
        (v128.or
          (v128.and (i16x8.shr_u ${get("v")} ${number(4)}) (i16x8.splat ${number(0x000f)}))
          (v128.and ${get("v")} (i16x8.splat ${number(0x0f00)}))))
      (local.set $v
        (i8x16.swizzle (v128.const i8x16 ${[..."0123456789abcdef"].map((digit) => digit.charCodeAt(0)).join(" ")})
          ${get("v")}))
      (v128.store64_lane 0 (i32.add ${get("to")} (i32.shl ${get("at")} ${number(1)})) ${get("v")})
      (br_if $words (i32.lt_u (local.tee $at (i32.add ${get("at")} ${number(4)})) ${number(20)}))))

  ;; The 64 bytes at $text, every one added to $byte, taken into SHA-1's first state; that into $to.
  (func $pad (param $byte i32) (param $to i32)
    (local $at i32)
    (loop $vectors
      (v128.store offset=${TEXT + 64} ${get("at")}
        (v128.xor (v128.load offset=${TEXT} ${get("at")}) (i8x16.splat ${get("byte")})))
      (br_if $vectors (i32.lt_u (local.tee $at (i32.add ${get("at")} ${number(16)})) ${number(64)})))
    (call $blocks ${initial.map(number).join(" ")} ${number(TEXT + 64)} ${number(TEXT + 128)})
    (memory.copy ${get("to")} ${number(STATE)} ${number(20)}))

  ;; Prepares $key: of a SignKey that stands at $text, with zeros to 64 bytes, and of the first $length bytes of $string.
  (func (export "prepare") (param $length i32)
    (call $pad ${number(0x36)} ${number(INNER)})
    (call $pad ${number(0x5c)} ${number(OUTER)})
    (i32.store ${number(LENGTH)} ${get("length")}))

  ;; Signs the HttpString of $length bytes at $text: leaves hex(HMAC-SHA1(SignKey, StringToSign)) at $signature.
  (func (export "sign") (param $length i32)
    (local $end i32)
    ${upTo(5, (at) => `(i32.store offset=${4 * at} ${number(STATE)} ${number(initial[at])})`)}
    (call $finish ${number(STATE)} ${number(TEXT)} ${get("length")} ${number(0)})
    (local.set $end (i32.add ${number(STRING)} (i32.load ${number(LENGTH)})))
    (call $hex ${get("end")})
    (i32.store8 offset=40 ${get("end")} ${number(0x0a)})
    ;; The string to sign may be followed by its padding, which would be in the way of the next: it is hashed elsewhere.
    (memory.copy ${number(TEXT)} ${number(STRING)} ${number(LONGEST_HEAD + 41)})
    (call $finish ${number(INNER)} ${number(TEXT)} (i32.add (i32.load ${number(LENGTH)}) ${number(41)}) ${number(64)})
    (v128.store ${number(DIGEST)} (${bigEndian} (v128.load ${number(STATE)}) (v128.load ${number(STATE)})))
    (i32.store ${number(DIGEST + 16)} (call $swap (i32.load ${number(STATE + 16)})))
    (call $finish ${number(OUTER)} ${number(DIGEST)} ${number(20)} ${number(64)})
    (call $hex ${number(SIGNATURE)})))
`;
