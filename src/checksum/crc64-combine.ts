/**
 * CRC-64/XZ of two pieces set one after the other, from their two checksums and the length of the second: the first
 * checksum is carried over `length` zero bytes by squaring the matrix of one zero bit, then added. This is how a
 * multipart upload gets its checksum without its bytes being read again.
 */
const POLYNOMIAL = 0xc96c5795d7870f42n;

type Matrix = readonly bigint[];

function times(matrix: Matrix, vector: bigint): bigint {
  let sum = 0n;
  for (let row = 0, rest = vector; rest !== 0n; row++, rest >>= 1n) if (rest & 1n) sum ^= matrix[row]!;
  return sum;
}

const square = (matrix: Matrix): Matrix => matrix.map((row) => times(matrix, row));

/** Carries a checksum over 2^n zero bytes; filled as far as lengths have asked for. */
const zeroBytes: Matrix[] = [];

function overZeroBytes(power: number): Matrix {
  while (zeroBytes.length <= power) {
    const last = zeroBytes.at(-1);
    if (last) zeroBytes.push(square(last));
    else {
      const oneBit: Matrix = Array.from({ length: 64 }, (_, bit) => (bit === 0 ? POLYNOMIAL : 1n << BigInt(bit - 1)));
      zeroBytes.push(square(square(square(oneBit))));
    }
  }
  return zeroBytes[power]!;
}

/** Both checksums, and the result, unsigned decimal; `secondLength` in bytes. */
export function crc64Combine(first: string, second: string, secondLength: number): string {
  let carried = BigInt(first);
  for (let power = 0, rest = secondLength; rest > 0; power++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) carried = times(overZeroBytes(power), carried);
  }
  return (carried ^ BigInt(second)).toString();
}
