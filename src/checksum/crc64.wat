;; CRC-64/XZ over the bytes at $input. crc64.ts copies them there and keeps the running register between calls.
;; `npm run wasm` builds this into crc64-wasm.ts.
;;
;; Long input first shrinks to its last 2.4 KB. A message may have any multiple of the polynomial added to it without its
;; remainder changing, and this is one that has only eight terms, all powers of x^8:
;;
;;   x^(8*2414) + x^(8*1944) + x^(8*589) + x^(8*371) + x^(8*353) + x^(8*245) + x^(8*164) + 1
;;
;; So a byte can be taken away where it stands if it is added 470, 1825, 2043, 2061, 2169, 2250 and 2414 bytes further on.
;; Sixteen bytes at a time that is eight loads, seven additions and one store, and no table. `$sums` holds what each byte
;; was, with all that was added to it, when it was taken away. A multiple of 1480 bytes exists too, but it adds 53 bytes
;; further on: so near, a sum is read while its store is still under way, and it is slower by a third above 64 KiB.
;;
;; What is left, and all input under 4 KiB, goes through sixteen tables, sixteen bytes at a time.
;;
;; Memory, in bytes:
;;        0  16 tables of 256 registers: table s is what a byte becomes s zero bytes later
;;   32768  4096 zeros that are never written: the sums before the first
;;   36864  $sums
;;  106496  $input, 64 KiB
(module
  (memory (export "memory") 3)
  (global (export "input") i32 (i32.const 106496))
  (global (export "room") i32 (i32.const 65536))

  ;; The register's upper half after `update`, which returns the lower: an i64 would be a BigInt.
  (global $high (mut i32) (i32.const 0))
  (func (export "high") (result i32) (global.get $high))

  (func $fill_tables
    (local $at i32) (local $bit i32) (local $register i64)
    (loop $bytes
      (local.set $register (i64.extend_i32_u (i32.shr_u (local.get $at) (i32.const 3))))
      (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $register
          (i64.xor
            (i64.shr_u (local.get $register) (i64.const 1))
            (select
              (i64.const 0xc96c5795d7870f42) ;; ECMA-182, reflected
              (i64.const 0)
              (i32.wrap_i64 (i64.and (local.get $register) (i64.const 1))))))
        (local.set $bit (i32.sub (local.get $bit) (i32.const 1)))
        (br_if $bits (local.get $bit)))
      (i64.store (local.get $at) (local.get $register))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $bytes (i32.lt_u (local.get $at) (i32.const 2048))))
    ;; Each further table: the one before, a zero byte later.
    (loop $entries
      (i64.store
        (local.get $at)
        (call $take_byte (i64.load (i32.sub (local.get $at) (i32.const 2048))) (i64.const 0)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $entries (i32.lt_u (local.get $at) (i32.const 32768)))))
  (start $fill_tables)

  (func $take_byte (param $register i64) (param $byte i64) (result i64)
    (i64.xor
      (i64.shr_u (local.get $register) (i64.const 8))
      (i64.load
        (i32.and
          (i32.shl (i32.wrap_i64 (i64.xor (local.get $register) (local.get $byte))) (i32.const 3))
          (i32.const 0x7f8)))))

  ;; Takes away all but the last 2432 to 2447 of `$length` bytes, adds what they amount to to those, and returns where
  ;; they begin, from $input. The register must have been added to the first eight bytes.
  (func $shrink (param $length i32) (result i32)
    (local $kept i32)
    (local.set $kept (i32.and (i32.sub (local.get $length) (i32.const 2432)) (i32.const -16)))
    (call $add_up (i32.const 0) (local.get $kept) (i32.const 36864))
    ;; The kept bytes stay where they are: nothing of them is added further on.
    (memory.fill (i32.add (i32.const 36864) (local.get $kept)) (i32.const 0) (i32.const 2432))
    (call $add_up (local.get $kept) (i32.add (local.get $kept) (i32.const 2414)) (i32.const 106496))
    (local.get $kept))

  ;; From `$at` to `$end`, or up to 15 bytes further: the input and what is added to it, stored in $sums or in $input.
  (func $add_up (param $at i32) (param $end i32) (param $to i32)
    (loop $sixteen
      (i32.add (local.get $to) (local.get $at))
      (v128.load offset=106496 (local.get $at)) ;; $input
      (v128.xor (v128.load offset=36394 (local.get $at))) ;; $sums - 470
      (v128.xor (v128.load offset=35039 (local.get $at))) ;; $sums - 1825
      (v128.xor (v128.load offset=34821 (local.get $at))) ;; $sums - 2043
      (v128.xor (v128.load offset=34803 (local.get $at))) ;; $sums - 2061
      (v128.xor (v128.load offset=34695 (local.get $at))) ;; $sums - 2169
      (v128.xor (v128.load offset=34614 (local.get $at))) ;; $sums - 2250
      (v128.xor (v128.load offset=34450 (local.get $at))) ;; $sums - 2414
      (v128.store)
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $sixteen (i32.lt_u (local.get $at) (local.get $end)))))

  ;; The register, in halves, with the first `$length` bytes of the input taken into it. Overwrites the input.
  (func (export "update") (param $low i32) (param $high i32) (param $length i32) (result i32)
    (local $register i64) (local $at i32) (local $end i32)
    (local $first_low i32) (local $first_high i32) (local $second_low i32) (local $second_high i32)
    (local.set $register
      (i64.or
        (i64.extend_i32_u (local.get $low))
        (i64.shl (i64.extend_i32_u (local.get $high)) (i64.const 32))))
    (local.set $at (i32.const 106496))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 4096))
      (then
        (i64.store (local.get $at) (i64.xor (i64.load (local.get $at)) (local.get $register)))
        (local.set $register (i64.const 0))
        (local.set $at (i32.add (local.get $at) (call $shrink (local.get $length))))))
    (block $under_sixteen
      (loop $sixteen
        (br_if $under_sixteen (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16)))
        (local.set $register (i64.xor (local.get $register) (i64.load (local.get $at))))
        (local.set $first_low (i32.wrap_i64 (local.get $register)))
        (local.set $first_high (i32.wrap_i64 (i64.shr_u (local.get $register) (i64.const 32))))
        (local.set $second_low (i32.load offset=8 (local.get $at)))
        (local.set $second_high (i32.load offset=12 (local.get $at)))
        ;; The last byte through table 0, the first through table 15. The second eight come first: they need not wait for
        ;; the register, which makes it half as fast again.
        (i64.load offset=14336 (i32.and (i32.shl (local.get $second_low) (i32.const 3)) (i32.const 0x7f8)))
        (i64.xor (i64.load offset=12288 (i32.and (i32.shr_u (local.get $second_low) (i32.const 5)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=10240 (i32.and (i32.shr_u (local.get $second_low) (i32.const 13)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=8192 (i32.and (i32.shr_u (local.get $second_low) (i32.const 21)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=6144 (i32.and (i32.shl (local.get $second_high) (i32.const 3)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=4096 (i32.and (i32.shr_u (local.get $second_high) (i32.const 5)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=2048 (i32.and (i32.shr_u (local.get $second_high) (i32.const 13)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=0 (i32.and (i32.shr_u (local.get $second_high) (i32.const 21)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=30720 (i32.and (i32.shl (local.get $first_low) (i32.const 3)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=28672 (i32.and (i32.shr_u (local.get $first_low) (i32.const 5)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=26624 (i32.and (i32.shr_u (local.get $first_low) (i32.const 13)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=24576 (i32.and (i32.shr_u (local.get $first_low) (i32.const 21)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=22528 (i32.and (i32.shl (local.get $first_high) (i32.const 3)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=20480 (i32.and (i32.shr_u (local.get $first_high) (i32.const 5)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=18432 (i32.and (i32.shr_u (local.get $first_high) (i32.const 13)) (i32.const 0x7f8))))
        (i64.xor (i64.load offset=16384 (i32.and (i32.shr_u (local.get $first_high) (i32.const 21)) (i32.const 0x7f8))))
        (local.set $register)
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $sixteen)))
    (block $none_left
      (loop $one
        (br_if $none_left (i32.eq (local.get $at) (local.get $end)))
        (local.set $register (call $take_byte (local.get $register) (i64.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $one)))
    (global.set $high (i32.wrap_i64 (i64.shr_u (local.get $register) (i64.const 32))))
    (i32.wrap_i64 (local.get $register))))
