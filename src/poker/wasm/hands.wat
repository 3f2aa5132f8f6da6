;; Strengths of Omaha hands, by the tables of evaluator/tables.ts, which start at address 0 of the memory: the numbers in
;; `offset=` are those of its `LAYOUT`. Everything else is at addresses that the caller gives.
;;
;; `npx tsx scripts/assemble-wasm.ts` makes hands-module.ts of this text.
(module
  (import "env" "memory" (memory 0 65536 shared))

  ;; Values of deals that lie one after the other: $boards boards of five cards, then $players hands of $size cards.
  ;; Writes one 16-bit value for each board and player of each deal.
  (func (export "evaluateDeals") (param $deal i32) (param $count i32) (param $boards i32) (param $players i32)
    (param $size i32) (param $out i32)
    (local $end i32) (local $width i32) (local $board i32) (local $hands i32) (local $hand i32) (local $next i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $row i32) (local $suit i32)
    (local $suits i32) (local $flushes i32) (local $mask i32) (local $best i32) (local $value i32) (local $i i32) (local $j i32)
    (local.set $width (i32.add (i32.mul (local.get $boards) (i32.const 5)) (i32.mul (local.get $players) (local.get $size))))
    (local.set $end (i32.add (local.get $deal) (i32.mul (local.get $count) (local.get $width))))
    (block $done (loop $deals
      (br_if $done (i32.ge_u (local.get $deal) (local.get $end)))
      (local.set $board (local.get $deal))
      (local.set $hands (i32.add (local.get $deal) (i32.mul (local.get $boards) (i32.const 5))))
      (local.set $next (i32.add (local.get $deal) (local.get $width)))
      (loop $eachBoard
        (local.set $a (i32.load8_u (local.get $board)))
        (local.set $b (i32.load8_u offset=1 (local.get $board)))
        (local.set $c (i32.load8_u offset=2 (local.get $board)))
        (local.set $d (i32.load8_u offset=3 (local.get $board)))
        (local.set $e (i32.load8_u offset=4 (local.get $board)))
        (local.set $row (i32.mul (i32.const 182) (i32.load16_u offset=1606158 (i32.shl (i32.add
          (i32.mul (i32.const 13) (i32.load16_u offset=1589596 (i32.shl (i32.add
            (i32.mul (i32.const 91) (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $a) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $b) (i32.const 2)))))
            (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $c) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $d) (i32.const 2))))) (i32.const 1))))
          (i32.shr_u (local.get $e) (i32.const 2))) (i32.const 1)))))
        ;; suits as four-bit fields: adding 5 to each sets its top bit from a count of three on
        (local.set $suit (i32.and (i32.const 0x8888) (i32.add (i32.const 0x5555)
          (i32.add (i32.add (i32.add (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $a) (i32.const 3)) (i32.const 2))) (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $b) (i32.const 3)) (i32.const 2))))
            (i32.add (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $c) (i32.const 3)) (i32.const 2))) (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $d) (i32.const 3)) (i32.const 2)))))
            (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $e) (i32.const 3)) (i32.const 2)))))))
        (if (local.get $suit) (then
          (local.set $suit (i32.shr_u (i32.ctz (local.get $suit)) (i32.const 2)))
          (local.set $mask (i32.const 0))
          (local.set $mask (i32.or (local.get $mask) (i32.shl
            (i32.eq (i32.and (local.get $a) (i32.const 3)) (local.get $suit)) (i32.shr_u (local.get $a) (i32.const 2)))))
          (local.set $mask (i32.or (local.get $mask) (i32.shl
            (i32.eq (i32.and (local.get $b) (i32.const 3)) (local.get $suit)) (i32.shr_u (local.get $b) (i32.const 2)))))
          (local.set $mask (i32.or (local.get $mask) (i32.shl
            (i32.eq (i32.and (local.get $c) (i32.const 3)) (local.get $suit)) (i32.shr_u (local.get $c) (i32.const 2)))))
          (local.set $mask (i32.or (local.get $mask) (i32.shl
            (i32.eq (i32.and (local.get $d) (i32.const 3)) (local.get $suit)) (i32.shr_u (local.get $d) (i32.const 2)))))
          (local.set $mask (i32.or (local.get $mask) (i32.shl
            (i32.eq (i32.and (local.get $e) (i32.const 3)) (local.get $suit)) (i32.shr_u (local.get $e) (i32.const 2)))))
          (local.set $flushes (i32.shl (i32.load (i32.shl (local.get $mask) (i32.const 2))) (i32.const 1)))
          (local.set $suits (i32.mul (local.get $suit) (i32.const 0x01010101))))
        (else (local.set $suit (i32.const -1))))
        (local.set $hand (local.get $hands))
        (block $noHand (loop $eachHand
          (br_if $noHand (i32.ge_u (local.get $hand) (local.get $next)))
          (block $valued
            (if (i32.eq (local.get $size) (i32.const 4)) (then
              (local.set $a (i32.load8_u (local.get $hand)))
              (local.set $b (i32.load8_u offset=1 (local.get $hand)))
              (local.set $c (i32.load8_u offset=2 (local.get $hand)))
              (local.set $d (i32.load8_u offset=3 (local.get $hand)))
              (local.set $best (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $a) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $b) (i32.const 2)))) (i32.const 1)))))
              (local.set $value (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $a) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $c) (i32.const 2)))) (i32.const 1)))))
              (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
              (local.set $value (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $a) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $d) (i32.const 2)))) (i32.const 1)))))
              (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
              (local.set $value (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $b) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $c) (i32.const 2)))) (i32.const 1)))))
              (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
              (local.set $value (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $b) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $d) (i32.const 2)))) (i32.const 1)))))
              (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
              (local.set $value (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $c) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $d) (i32.const 2)))) (i32.const 1)))))
              (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
              (br_if $valued (i32.lt_s (local.get $suit) (i32.const 0)))
              ;; a byte of 1 for each card of another suit
              (br_if $valued (i32.ge_u (i32.popcnt (i32.and (i32.shr_u (i32.add (i32.and
                (i32.xor (i32.load (local.get $hand)) (local.get $suits)) (i32.const 0x03030303)) (i32.const 0x03030303))
                (i32.const 2)) (i32.const 0x01010101))) (i32.const 3)))
              (local.set $i (i32.const 1)))
            (else
              (local.set $best (i32.const 0))
              (local.set $i (i32.const 1))))
            ;; all pairs of a hand of another size, and pairs of the flush suit
            (loop $higher
              (local.set $a (i32.load8_u (i32.add (local.get $hand) (local.get $i))))
              (local.set $j (i32.const 0))
              (loop $lower
                (local.set $b (i32.load8_u (i32.add (local.get $hand) (local.get $j))))
                (local.set $c (i32.load8_u offset=1653478 (i32.or (i32.shl (i32.and (local.get $a) (i32.const 60)) (i32.const 2)) (i32.shr_u (local.get $b) (i32.const 2)))))
                (local.set $value (i32.load16_u offset=32768 (i32.add (local.get $row) (i32.shl (local.get $c) (i32.const 1)))))
                (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
                (if (i32.and (i32.eq (i32.and (local.get $a) (i32.const 3)) (local.get $suit))
                    (i32.eq (i32.and (local.get $b) (i32.const 3)) (local.get $suit))) (then
                  (local.set $value (i32.load16_u offset=1158984
                    (i32.add (local.get $flushes) (i32.shl (local.get $c) (i32.const 1)))))
                  (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))))
                (local.set $j (i32.add (local.get $j) (i32.const 1)))
                (br_if $lower (i32.lt_u (local.get $j) (local.get $i))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $higher (i32.lt_u (local.get $i) (local.get $size)))))
          (i32.store16 (local.get $out) (local.get $best))
          (local.set $out (i32.add (local.get $out) (i32.const 2)))
          (local.set $hand (i32.add (local.get $hand) (local.get $size)))
          (br $eachHand)))
        (local.set $board (i32.add (local.get $board) (i32.const 5)))
        (br_if $eachBoard (i32.lt_u (local.get $board) (local.get $hands))))
      (local.set $deal (local.get $next))
      (br $deals)))))
