;; Strengths of Omaha hands, and counts of them, by the tables of evaluator/tables.ts. These start at address 0 of the
;; memory, and the larger numbers in `offset=` are those of their `LAYOUT`. Everything else is at addresses that the caller
;; gives.
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
      (br $deals))))

  ;; Values of hands of four cards that lie one after the other, eight at a time, from the pairs of hole cards on one board:
  ;; `$table[card * 64 + card]`, 16 bits each, in either order.
  (func (export "evaluateOnBoard") (param $table i32) (param $hands i32) (param $count i32) (param $out i32)
    (local $x i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $end i32)
    (local $ab v128) (local $ac v128) (local $ad v128) (local $bc v128) (local $bd v128) (local $cd v128)
    (local.set $end (i32.add (local.get $hands) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $eight
      (br_if $done (i32.ge_u (local.get $hands) (local.get $end)))
      (local.set $x (i32.load (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 0 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 0 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 0 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 0 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 0 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 0 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=4 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 1 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 1 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 1 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 1 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 1 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 1 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=8 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 2 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 2 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 2 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 2 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 2 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 2 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=12 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 3 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 3 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 3 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 3 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 3 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 3 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=16 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 4 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 4 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 4 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 4 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 4 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 4 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=20 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 5 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 5 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 5 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 5 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 5 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 5 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=24 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 6 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 6 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 6 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 6 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 6 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 6 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (local.set $x (i32.load offset=28 (local.get $hands)))
      (local.set $a (i32.add (local.get $table) (i32.and (i32.shl (local.get $x) (i32.const 7)) (i32.const 0x1f80))))
      (local.set $b (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 0x1f80))))
      (local.set $c (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1f80))))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 23)) (i32.const 0x7e)))
      (local.set $ad (v128.load16_lane 7 (i32.add (local.get $a) (local.get $d)) (local.get $ad)))
      (local.set $bd (v128.load16_lane 7 (i32.add (local.get $b) (local.get $d)) (local.get $bd)))
      (local.set $cd (v128.load16_lane 7 (i32.add (local.get $c) (local.get $d)) (local.get $cd)))
      (local.set $d (i32.and (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x7e)))
      (local.set $ac (v128.load16_lane 7 (i32.add (local.get $a) (local.get $d)) (local.get $ac)))
      (local.set $bc (v128.load16_lane 7 (i32.add (local.get $b) (local.get $d)) (local.get $bc)))
      (local.set $ab (v128.load16_lane 7 (i32.add (local.get $a)
        (i32.and (i32.shr_u (local.get $x) (i32.const 7)) (i32.const 0x7e))) (local.get $ab)))
      (v128.store (local.get $out) (i16x8.max_u
        (i16x8.max_u (i16x8.max_u (local.get $ab) (local.get $ac)) (i16x8.max_u (local.get $ad) (local.get $bc)))
        (i16x8.max_u (local.get $bd) (local.get $cd))))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $hands (i32.add (local.get $hands) (i32.const 32)))
      (br $eight))))

  ;; What `countSuited` works with, by bytes from the address it is given:
  ;;    0  `[category × (win, tie, loss)]` of the counted hands, as doubles: the answer
  ;;  216  by rank: live cards of no flush suit up to that rank, as doubles
  ;;  432  by rank: live cards of no flush suit, as bytes (given)
  ;;  448  `[rank × rank]`, 16 a row: values of two hole cards on the board
  ;;  864  `[ranks placed × rank]`: best value of a card of that rank with one of those placed; row 0 is zero
  ;; 1120  `[n × k]`, 16 a row: n choose k, as bytes (given)
  ;; 1200  the value to beat
  ;; 1216  by number of cards: ways to choose them among the live cards of no flush suit, as doubles (given)
  ;; 1280  `[n × k]`, 8 a row: n choose k, as doubles (given)
  ;; 2176  `[cards left × ranks]`, 16 a row: ways to choose those cards among so many of the lowest live ranks of the flush
  ;;       suit and the cards of no flush suit, as doubles
  ;; 3200  `[position × position]`, 16 a row: flush of two live ranks of the flush suit, the higher one first; else 0
  ;; 3712  `[cards placed × position]`: best flush of that rank with one of those placed; row 0 is zero
  ;; 3968  by number of the lowest live ranks: best flush of two of them
  ;; 4000  live ranks of the flush suit, ascending, as bytes; from 4016 those placed
  ;; 4024  1 where two hole cards make more than any flush without being one

  ;; counts $ways hands of a value
  (func $add (param $w i32) (param $value i32) (param $ways f64)
    (local $against i32)
    (local.set $against (i32.load offset=1200 (local.get $w)))
    (local.set $w (i32.add (local.get $w) (i32.shl (i32.add
      (i32.mul (i32.const 3) (i32.load8_u offset=1653734 (local.get $value)))
      (i32.add (i32.le_u (local.get $value) (local.get $against)) (i32.lt_u (local.get $value) (local.get $against)))) (i32.const 3))))
    (f64.store (local.get $w) (f64.add (f64.load (local.get $w)) (local.get $ways))))

  ;; the last card, of no flush suit: $ways for each
  (func $placeLast (param $w i32) (param $highest i32) (param $row i32) (param $best i32) (param $ways f64)
    (local $unchanged f64) (local $more f64) (local $mask i32) (local $rank i32) (local $bests v128)
    (if (i32.lt_s (local.get $highest) (i32.const 0)) (then (return)))
    (local.set $unchanged (f64.mul (local.get $ways)
      (f64.load offset=216 (i32.add (local.get $w) (i32.shl (local.get $highest) (i32.const 3))))))
    ;; few last cards make more than those before them: a bit for each
    (local.set $bests (i16x8.splat (local.get $best)))
    (local.set $mask (i32.and (i32.sub (i32.shl (i32.const 2) (local.get $highest)) (i32.const 1))
      (i8x16.bitmask (i8x16.narrow_i16x8_s (i16x8.gt_s (v128.load offset=864 (local.get $row)) (local.get $bests))
        (i16x8.gt_s (v128.load offset=880 (local.get $row)) (local.get $bests))))))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $mask)))
      (local.set $rank (i32.ctz (local.get $mask)))
      (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
      (local.set $more (f64.mul (local.get $ways)
        (f64.convert_i32_u (i32.load8_u offset=432 (i32.add (local.get $w) (local.get $rank))))))
      (local.set $unchanged (f64.sub (local.get $unchanged) (local.get $more)))
      (call $add (local.get $w) (i32.load16_u offset=864 (i32.add (local.get $row) (i32.shl (local.get $rank) (i32.const 1)))) (local.get $more))
      (br $next)))
    (call $add (local.get $w) (local.get $best) (local.get $unchanged)))

  ;; Adds $left cards of no flush suit and of ranks up to $highest to those of the rows before $row.
  (func $placeRanks (param $w i32) (param $left i32) (param $highest i32) (param $row i32) (param $best i32) (param $ways f64)
    (local $rank i32) (local $plain i32) (local $most i32) (local $value i32) (local $count i32) (local $values i32) (local $next f64)
    (if (i32.eq (local.get $left) (i32.const 1)) (then
      (call $placeLast (local.get $w) (local.get $highest) (local.get $row) (local.get $best) (local.get $ways))
      (return)))
    (local.set $rank (i32.add (local.get $highest) (i32.const 1)))
    (block $done (loop $ranks
      (br_if $done (i32.eqz (local.get $rank)))
      (local.set $rank (i32.sub (local.get $rank) (i32.const 1)))
      (local.set $plain (i32.load8_u offset=432 (i32.add (local.get $w) (local.get $rank))))
      (local.set $most (select (local.get $plain) (local.get $left) (i32.lt_u (local.get $plain) (local.get $left))))
      (br_if $ranks (i32.eqz (local.get $most)))
      (local.set $value (i32.load16_u offset=864 (i32.add (local.get $row) (i32.shl (local.get $rank) (i32.const 1)))))
      (local.set $value (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
      (local.set $values (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 5))))
      (v128.store offset=896 (local.get $row) (i16x8.max_u
        (v128.load offset=864 (local.get $row)) (v128.load offset=448 (local.get $values))))
      (v128.store offset=912 (local.get $row) (i16x8.max_u
        (v128.load offset=880 (local.get $row)) (v128.load offset=464 (local.get $values))))
      (local.set $values (i32.load16_u offset=448 (i32.add (local.get $values) (i32.shl (local.get $rank) (i32.const 1)))))
      (local.set $plain (i32.add (local.get $w) (i32.shl (local.get $plain) (i32.const 4))))
      (local.set $count (i32.const 1))
      (loop $counts
        (if (i32.eq (local.get $count) (i32.const 2)) (then
          (local.set $value (select (local.get $value) (local.get $values) (i32.gt_u (local.get $value) (local.get $values))))))
        (local.set $next (f64.mul (local.get $ways)
          (f64.convert_i32_u (i32.load8_u offset=1120 (i32.add (local.get $plain) (local.get $count))))))
        (if (i32.eq (local.get $count) (local.get $left))
          (then (call $add (local.get $w) (local.get $value) (local.get $next)))
          (else (call $placeRanks (local.get $w) (i32.sub (local.get $left) (local.get $count)) (i32.sub (local.get $rank) (i32.const 1))
            (i32.add (local.get $row) (i32.const 32)) (local.get $value) (local.get $next))))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br_if $counts (i32.le_u (local.get $count) (local.get $most))))
      (br $ranks))))

  ;; Values of two hole cards by ranks, on a board whose rank multiset has number $state.
  (func $loadValues (param $w i32) (param $state i32)
    (local $high i32) (local $low i32) (local $value i32)
    (local.set $state (i32.mul (local.get $state) (i32.const 182)))
    (loop $highs
      (local.set $low (i32.const 0))
      (loop $lows
        (local.set $value (i32.load16_u offset=32768 (local.get $state)))
        (i32.store16 offset=448 (i32.add (local.get $w) (i32.add
          (i32.shl (local.get $high) (i32.const 5)) (i32.shl (local.get $low) (i32.const 1)))) (local.get $value))
        (i32.store16 offset=448 (i32.add (local.get $w) (i32.add
          (i32.shl (local.get $low) (i32.const 5)) (i32.shl (local.get $high) (i32.const 1)))) (local.get $value))
        (local.set $state (i32.add (local.get $state) (i32.const 2)))
        (local.set $low (i32.add (local.get $low) (i32.const 1)))
        (br_if $lows (i32.le_u (local.get $low) (local.get $high))))
      (local.set $high (i32.add (local.get $high) (i32.const 1)))
      (br_if $highs (i32.lt_u (local.get $high) (i32.const 13)))))

  ;; What `countHands` works with, by bytes from the address it is given. It counts for up to four supplies of cards at once,
  ;; which are the lanes of its vectors of 32 bits: boards of the same ranks differ in what is live, and in the value to beat.
  ;; Values are met as their numbers: how many of the board's 91 values of two hole cards are smaller.
  ;;    0  `[lane × category × (win, tie, loss)]` of the counted hands, as doubles: the answer
  ;;  864  `[lane × rank]`, 16 a row: live cards of no flush suit, as bytes (given)
  ;;  928  by lane: live ranks of the flush suit as a mask (given), and from 944 the value to beat (given)
  ;;  960  `[n × k]`, 16 a row: n choose k, as bytes (given)
  ;; 1040  by number: hands that have it, by lane
  ;; 2496  `[rank × rank]`, 16 a row: numbers of two hole cards, as bytes
  ;; 2704  `[ranks placed × rank]`, 16 a row: best number of a card of that rank with one of those placed; row 0 is zero
  ;; 2832  by rank: live cards of no flush suit up to that rank, by lane, and from 3040 those of the flush suit
  ;; 3248  by rank: whether the card of the flush suit is live, by lane
  ;; 3456  `[rank × cards]`, 8 a row: ways to choose so many live cards of no flush suit, by lane
  ;; 5120  by rank: the most live cards of any lane, as bytes
  ;; 5136  by number: its value, 16 bits
  ;; 5328  the values of the 91 pairs of ranks, 16 bits

  ;; the last card: a way of $all for each card outside the flush suit, of $none for each of it
  (func $lastRank (param $w i32) (param $highest i32) (param $row i32) (param $best i32) (param $none v128) (param $all v128)
    (local $unchanged v128) (local $ways v128) (local $mask i32) (local $rank i32) (local $slot i32)
    (if (i32.lt_s (local.get $highest) (i32.const 0)) (then (return)))
    (local.set $rank (i32.add (local.get $w) (i32.shl (local.get $highest) (i32.const 4))))
    (local.set $unchanged (i32x4.add (i32x4.mul (local.get $all) (v128.load offset=2832 (local.get $rank)))
      (i32x4.mul (local.get $none) (v128.load offset=3040 (local.get $rank)))))
    ;; few last cards make more than those before them: a bit for each
    (local.set $mask (i32.and (i32.sub (i32.shl (i32.const 2) (local.get $highest)) (i32.const 1))
      (i8x16.bitmask (i8x16.gt_u (v128.load offset=2704 (local.get $row)) (i8x16.splat (local.get $best))))))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $mask)))
      (local.set $rank (i32.ctz (local.get $mask)))
      (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
      (local.set $ways (i32x4.add
        (i32x4.mul (local.get $all) (v128.load offset=3472 (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 7)))))
        (i32x4.mul (local.get $none) (v128.load offset=3248 (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 4)))))))
      (local.set $unchanged (i32x4.sub (local.get $unchanged) (local.get $ways)))
      (local.set $slot (i32.add (local.get $w) (i32.shl (i32.load8_u offset=2704 (i32.add (local.get $row) (local.get $rank))) (i32.const 4))))
      (v128.store offset=1040 (local.get $slot) (i32x4.add (v128.load offset=1040 (local.get $slot)) (local.get $ways)))
      (br $next)))
    (local.set $slot (i32.add (local.get $w) (i32.shl (local.get $best) (i32.const 4))))
    (v128.store offset=1040 (local.get $slot) (i32x4.add (v128.load offset=1040 (local.get $slot)) (local.get $unchanged))))

  ;; Adds $left cards of ranks up to $highest to those of the rows before $row; $none and $one are the ways so far with no
  ;; and with one card of the flush suit.
  (func $allRanks (param $w i32) (param $left i32) (param $highest i32) (param $row i32) (param $best i32)
    (param $none v128) (param $one v128)
    (local $rank i32) (local $most i32) (local $number i32) (local $count i32) (local $paired i32) (local $slot i32)
    (local $ways i32) (local $inSuit v128) (local $nextNone v128) (local $nextOne v128)
    (local.set $rank (i32.add (local.get $highest) (i32.const 1)))
    (block $done (loop $ranks
      (br_if $done (i32.eqz (local.get $rank)))
      (local.set $rank (i32.sub (local.get $rank) (i32.const 1)))
      (local.set $most (i32.load8_u offset=5120 (i32.add (local.get $w) (local.get $rank))))
      (local.set $most (select (local.get $most) (local.get $left) (i32.lt_u (local.get $most) (local.get $left))))
      (br_if $ranks (i32.eqz (local.get $most)))
      (local.set $number (i32.load8_u offset=2704 (i32.add (local.get $row) (local.get $rank))))
      (local.set $number (select (local.get $number) (local.get $best) (i32.gt_u (local.get $number) (local.get $best))))
      (local.set $slot (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 4))))
      (local.set $inSuit (v128.load offset=3248 (local.get $slot)))
      (local.set $paired (i32.load8_u offset=2496 (i32.add (local.get $slot) (local.get $rank))))
      (v128.store offset=2720 (local.get $row) (i8x16.max_u (v128.load offset=2704 (local.get $row)) (v128.load offset=2496 (local.get $slot))))
      (local.set $ways (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 7))))
      (local.set $count (i32.const 1))
      (loop $counts
        (if (i32.eq (local.get $count) (i32.const 2)) (then
          (local.set $number (select (local.get $number) (local.get $paired) (i32.gt_u (local.get $number) (local.get $paired))))))
        (local.set $nextOne (i32x4.add (i32x4.mul (local.get $one) (v128.load offset=3472 (local.get $ways)))
          (i32x4.mul (i32x4.mul (local.get $none) (local.get $inSuit)) (v128.load offset=3456 (local.get $ways)))))
        (local.set $nextNone (i32x4.mul (local.get $none) (v128.load offset=3472 (local.get $ways))))
        (if (i32.eq (local.get $count) (local.get $left))
          (then
            (local.set $slot (i32.add (local.get $w) (i32.shl (local.get $number) (i32.const 4))))
            (v128.store offset=1040 (local.get $slot) (i32x4.add (v128.load offset=1040 (local.get $slot))
              (i32x4.add (local.get $nextNone) (local.get $nextOne)))))
          (else (if (i32.eq (i32.add (local.get $count) (i32.const 1)) (local.get $left))
            (then (call $lastRank (local.get $w) (i32.sub (local.get $rank) (i32.const 1)) (i32.add (local.get $row) (i32.const 16))
              (local.get $number) (local.get $nextNone) (i32x4.add (local.get $nextNone) (local.get $nextOne))))
            (else (call $allRanks (local.get $w) (i32.sub (local.get $left) (local.get $count)) (i32.sub (local.get $rank) (i32.const 1))
              (i32.add (local.get $row) (i32.const 16)) (local.get $number) (local.get $nextNone) (local.get $nextOne))))))
        (local.set $ways (i32.add (local.get $ways) (i32.const 16)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br_if $counts (i32.le_u (local.get $count) (local.get $most))))
      (br $ranks))))

  ;; Numbers the values of the board whose rank multiset has number $state.
  (func $numberValues (param $w i32) (param $state i32)
    (local $high i32) (local $low i32) (local $at i32) (local $other i32) (local $number i32) (local $value v128)
    (memory.copy (i32.add (local.get $w) (i32.const 5328)) (i32.add (i32.const 32768) (i32.mul (local.get $state) (i32.const 182))) (i32.const 182))
    ;; what fills the last vector is smaller than none
    (memory.fill (i32.add (local.get $w) (i32.const 5510)) (i32.const 0x7f) (i32.const 10))
    (local.set $at (local.get $w))
    (loop $highs
      (local.set $low (i32.const 0))
      (loop $lows
        (local.set $value (i16x8.splat (i32.load16_u offset=5328 (local.get $at))))
        (local.set $number (i32.const 0))
        (local.set $other (local.get $w))
        (loop $others
          (local.set $number (i32.add (local.get $number) (i32.popcnt (i8x16.bitmask (i8x16.narrow_i16x8_s
            (i16x8.gt_s (local.get $value) (v128.load offset=5328 (local.get $other)))
            (i16x8.gt_s (local.get $value) (v128.load offset=5344 (local.get $other))))))))
          (local.set $other (i32.add (local.get $other) (i32.const 32)))
          (br_if $others (i32.lt_u (local.get $other) (i32.add (local.get $w) (i32.const 192)))))
        (i32.store8 offset=2496 (i32.add (local.get $w) (i32.add (i32.shl (local.get $high) (i32.const 4)) (local.get $low))) (local.get $number))
        (i32.store8 offset=2496 (i32.add (local.get $w) (i32.add (i32.shl (local.get $low) (i32.const 4)) (local.get $high))) (local.get $number))
        (i32.store16 offset=5136 (i32.add (local.get $w) (i32.shl (local.get $number) (i32.const 1))) (i32.load16_u offset=5328 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (local.set $low (i32.add (local.get $low) (i32.const 1)))
        (br_if $lows (i32.le_u (local.get $low) (local.get $high))))
      (local.set $high (i32.add (local.get $high) (i32.const 1)))
      (br_if $highs (i32.lt_u (local.get $high) (i32.const 13)))))

  ;; Spreads what is live of a lane over the vectors.
  (func $loadLane (param $w i32) (param $lane i32)
    (local $rank i32) (local $to i32) (local $count i32) (local $plain i32) (local $inSuit i32) (local $plains i32)
    (local $suited i32) (local $live i32)
    (loop $ranks
      (local.set $plain (i32.load8_u offset=864 (i32.add (i32.add (local.get $w) (i32.shl (local.get $lane) (i32.const 4))) (local.get $rank))))
      (local.set $inSuit (i32.and (i32.const 1) (i32.shr_u
        (i32.load offset=928 (i32.add (local.get $w) (i32.shl (local.get $lane) (i32.const 2)))) (local.get $rank))))
      (local.set $plains (i32.add (local.get $plains) (local.get $plain)))
      (local.set $suited (i32.add (local.get $suited) (local.get $inSuit)))
      (local.set $to (i32.add (i32.add (local.get $w) (i32.shl (local.get $lane) (i32.const 2))) (i32.shl (local.get $rank) (i32.const 4))))
      (i32.store offset=2832 (local.get $to) (local.get $plains))
      (i32.store offset=3040 (local.get $to) (local.get $suited))
      (i32.store offset=3248 (local.get $to) (local.get $inSuit))
      (local.set $live (i32.add (local.get $w) (local.get $rank)))
      (if (i32.gt_u (i32.add (local.get $plain) (local.get $inSuit)) (i32.load8_u offset=5120 (local.get $live)))
        (then (i32.store8 offset=5120 (local.get $live) (i32.add (local.get $plain) (local.get $inSuit)))))
      (local.set $to (i32.add (i32.add (local.get $w) (i32.shl (local.get $lane) (i32.const 2))) (i32.shl (local.get $rank) (i32.const 7))))
      (local.set $count (i32.const 0))
      (loop $counts
        (i32.store offset=3456 (local.get $to) (i32.load8_u offset=960 (i32.add (local.get $w) (i32.add (i32.shl (local.get $plain) (i32.const 4)) (local.get $count)))))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br_if $counts (i32.lt_u (local.get $count) (i32.const 5))))
      (local.set $rank (i32.add (local.get $rank) (i32.const 1)))
      (br_if $ranks (i32.lt_u (local.get $rank) (i32.const 13)))))

  ;; Counts all hands of $size cards, two or more, with at most one card of the flush suit, on a board whose rank multiset has
  ;; number $state, for $lanes supplies.
  (func (export "countHands") (param $w i32) (param $size i32) (param $state i32) (param $lanes i32)
    (local $lane i32) (local $number i32) (local $value i32) (local $ways i32) (local $cell i32) (local $against i32)
    (memory.fill (local.get $w) (i32.const 0) (i32.const 864))
    (memory.fill (i32.add (local.get $w) (i32.const 1040)) (i32.const 0) (i32.const 1456))
    (memory.fill (i32.add (local.get $w) (i32.const 2704)) (i32.const 0) (i32.const 2432))
    (call $numberValues (local.get $w) (local.get $state))
    (loop $load
      (call $loadLane (local.get $w) (local.get $lane))
      (local.set $lane (i32.add (local.get $lane) (i32.const 1)))
      (br_if $load (i32.lt_u (local.get $lane) (local.get $lanes))))
    (call $allRanks (local.get $w) (local.get $size) (i32.const 12) (local.get $w) (i32.const 0) (i32x4.splat (i32.const 1)) (i32x4.splat (i32.const 0)))
    (loop $numbers
      (local.set $value (i32.load16_u offset=5136 (i32.add (local.get $w) (i32.shl (local.get $number) (i32.const 1)))))
      (if (v128.any_true (v128.load offset=1040 (i32.add (local.get $w) (i32.shl (local.get $number) (i32.const 4))))) (then
        (local.set $lane (i32.const 0))
        (loop $each
          (local.set $against (i32.load offset=944 (i32.add (local.get $w) (i32.shl (local.get $lane) (i32.const 2)))))
          (local.set $cell (i32.add (i32.add (local.get $w) (i32.mul (local.get $lane) (i32.const 216))) (i32.shl (i32.add
            (i32.mul (i32.const 3) (i32.load8_u offset=1653734 (local.get $value)))
            (i32.add (i32.le_u (local.get $value) (local.get $against)) (i32.lt_u (local.get $value) (local.get $against)))) (i32.const 3))))
          (f64.store (local.get $cell) (f64.add (f64.load (local.get $cell)) (f64.convert_i32_u
            (i32.load offset=1040 (i32.add (local.get $w) (i32.add (i32.shl (local.get $number) (i32.const 4)) (i32.shl (local.get $lane) (i32.const 2))))))))
          (local.set $lane (i32.add (local.get $lane) (i32.const 1)))
          (br_if $each (i32.lt_u (local.get $lane) (local.get $lanes))))))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $numbers (i32.lt_u (local.get $number) (i32.const 91)))))

  ;; Adds $left cards of no flush suit to $placed ones of it, of which the best flush is $flush.
  (func $addPlain (param $w i32) (param $left i32) (param $placed i32) (param $flush i32)
    (local $row i32) (local $i i32) (local $j i32) (local $value i32) (local $values i32)
    (local $low v128) (local $high v128)
    (if (i32.eqz (i32.load offset=4024 (local.get $w))) (then
      (call $add (local.get $w) (local.get $flush) (f64.load offset=1216 (i32.add (local.get $w) (i32.shl (local.get $left) (i32.const 3)))))
      (return)))
    (loop $cards
      (local.set $values (i32.add (local.get $w) (i32.shl (i32.load8_u offset=4016 (i32.add (local.get $w) (local.get $i))) (i32.const 5))))
      (local.set $low (i16x8.max_u (local.get $low) (v128.load offset=448 (local.get $values))))
      (local.set $high (i16x8.max_u (local.get $high) (v128.load offset=464 (local.get $values))))
      (local.set $j (i32.const 0))
      (block $paired (loop $others
        (br_if $paired (i32.ge_u (local.get $j) (local.get $i)))
        (local.set $value (i32.load16_u offset=448 (i32.add (local.get $values)
          (i32.shl (i32.load8_u offset=4016 (i32.add (local.get $w) (local.get $j))) (i32.const 1)))))
        (local.set $flush (select (local.get $value) (local.get $flush) (i32.gt_u (local.get $value) (local.get $flush))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $others)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $cards (i32.lt_u (local.get $i) (local.get $placed))))
    (if (i32.eqz (local.get $left)) (then (call $add (local.get $w) (local.get $flush) (f64.const 1)) (return)))
    (local.set $row (i32.add (local.get $w) (i32.shl (local.get $placed) (i32.const 5))))
    (v128.store offset=864 (local.get $row) (local.get $low))
    (v128.store offset=880 (local.get $row) (local.get $high))
    (call $placeRanks (local.get $w) (local.get $left) (i32.const 12) (local.get $row) (local.get $flush) (f64.const 1)))

  ;; Adds $left cards to $placed ones of the flush suit: of that suit, below the position $limit, and of no flush suit.
  (func $placeSuited (param $w i32) (param $left i32) (param $limit i32) (param $placed i32) (param $flush i32)
    (local $row i32) (local $i i32) (local $next i32) (local $bests v128) (local $flushes i32)
    (local.set $row (i32.add (local.get $w) (i32.shl (local.get $placed) (i32.const 5))))
    (if (i32.ge_u (local.get $placed) (i32.const 2)) (then
      ;; without straight flushes, and boards that make more, no lower card changes the flush
      (if (i32.eqz (i32.load offset=4024 (local.get $w))) (then
        (local.set $bests (i16x8.splat (local.get $flush)))
        (if (i32.and
            (i32.le_u (i32.load16_u offset=3968 (i32.add (local.get $w) (i32.shl (local.get $limit) (i32.const 1)))) (local.get $flush))
            (i32.eqz (i32.and (i32.sub (i32.shl (i32.const 1) (local.get $limit)) (i32.const 1))
              (i8x16.bitmask (i8x16.narrow_i16x8_s (i16x8.gt_s (v128.load offset=3712 (local.get $row)) (local.get $bests))
                (i16x8.gt_s (v128.load offset=3728 (local.get $row)) (local.get $bests))))))) (then
          (call $add (local.get $w) (local.get $flush) (f64.load offset=2176 (i32.add (local.get $w)
            (i32.shl (i32.add (i32.shl (local.get $left) (i32.const 4)) (local.get $limit)) (i32.const 3)))))
          (return)))))
      (call $addPlain (local.get $w) (local.get $left) (local.get $placed) (local.get $flush))))
    (if (i32.eqz (local.get $left)) (then (return)))
    (local.set $i (local.get $limit))
    (block $done (loop $positions
      (br_if $done (i32.eqz (local.get $i)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $next (i32.load16_u offset=3712 (i32.add (local.get $row) (i32.shl (local.get $i) (i32.const 1)))))
      (local.set $next (select (local.get $next) (local.get $flush) (i32.gt_u (local.get $next) (local.get $flush))))
      (i32.store8 offset=4016 (i32.add (local.get $w) (local.get $placed))
        (i32.load8_u offset=4000 (i32.add (local.get $w) (local.get $i))))
      (local.set $flushes (i32.add (local.get $w) (i32.shl (local.get $i) (i32.const 5))))
      (v128.store offset=3744 (local.get $row) (i16x8.max_u
        (v128.load offset=3712 (local.get $row)) (v128.load offset=3200 (local.get $flushes))))
      (v128.store offset=3760 (local.get $row) (i16x8.max_u
        (v128.load offset=3728 (local.get $row)) (v128.load offset=3216 (local.get $flushes))))
      (call $placeSuited (local.get $w) (i32.sub (local.get $left) (i32.const 1)) (local.get $i)
        (i32.add (local.get $placed) (i32.const 1)) (local.get $next))
      (br $positions))))

  ;; 1 where two ranks make more than $top on the board of the values
  (func $makesMore (param $w i32) (param $top i32) (result i32)
    (local $rank i32) (local $best v128) (local $values i32)
    (loop $ranks
      (local.set $values (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 5))))
      (local.set $best (i16x8.max_u (local.get $best)
        (i16x8.max_u (v128.load offset=448 (local.get $values)) (v128.load offset=464 (local.get $values)))))
      (local.set $rank (i32.add (local.get $rank) (i32.const 1)))
      (br_if $ranks (i32.lt_u (local.get $rank) (i32.const 13))))
    (v128.any_true (i16x8.gt_s (local.get $best) (i16x8.splat (local.get $top)))))

  ;; Counts all hands of $size cards with two or more of the flush suit against a value. $state is the number of the board's
  ;; rank multiset, $suitMask has its ranks in that suit, $ranks the live ones of it, and $top is the highest flush.
  (func (export "countSuited") (param $w i32) (param $size i32) (param $state i32) (param $suitMask i32) (param $ranks i32)
    (param $against i32) (param $top i32)
    (local $count i32) (local $rank i32) (local $row i32) (local $other i32) (local $value i32)
    (local $best i32) (local $flushes i32) (local $left i32) (local $ways f64)
    (memory.fill (local.get $w) (i32.const 0) (i32.const 216))
    (i32.store offset=1200 (local.get $w) (local.get $against))
    (call $loadValues (local.get $w) (local.get $state))
    (loop $sums
      (local.set $ways (f64.add (local.get $ways)
        (f64.convert_i32_u (i32.load8_u offset=432 (i32.add (local.get $w) (local.get $rank))))))
      (f64.store offset=216 (i32.add (local.get $w) (i32.shl (local.get $rank) (i32.const 3))) (local.get $ways))
      (local.set $rank (i32.add (local.get $rank) (i32.const 1)))
      (br_if $sums (i32.lt_u (local.get $rank) (i32.const 13))))
    (local.set $row (i32.shl (i32.load (i32.shl (local.get $suitMask) (i32.const 2))) (i32.const 1)))
    (memory.fill (i32.add (local.get $w) (i32.const 3200)) (i32.const 0) (i32.const 544))
    (i32.store16 offset=3968 (local.get $w) (i32.const 0))
    (block $listed (loop $live
      (br_if $listed (i32.eqz (local.get $ranks)))
      (local.set $rank (i32.ctz (local.get $ranks)))
      (local.set $ranks (i32.and (local.get $ranks) (i32.sub (local.get $ranks) (i32.const 1))))
      (local.set $flushes (i32.add (local.get $w) (i32.shl (local.get $count) (i32.const 5))))
      (local.set $other (i32.const 0))
      (block $all (loop $lower
        (br_if $all (i32.ge_u (local.get $other) (local.get $count)))
        (local.set $value (i32.load16_u offset=1158984 (i32.add (local.get $row) (i32.shl (i32.load8_u offset=1653478
          (i32.or (i32.shl (local.get $rank) (i32.const 4)) (i32.load8_u offset=4000 (i32.add (local.get $w) (local.get $other)))))
          (i32.const 1)))))
        (i32.store16 offset=3200 (i32.add (local.get $flushes) (i32.shl (local.get $other) (i32.const 1))) (local.get $value))
        (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
        (local.set $other (i32.add (local.get $other) (i32.const 1)))
        (br $lower)))
      (i32.store8 offset=4000 (i32.add (local.get $w) (local.get $count)) (local.get $rank))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (i32.store16 offset=3968 (i32.add (local.get $w) (i32.shl (local.get $count) (i32.const 1))) (local.get $best))
      (br $live)))
    (if (i32.lt_u (local.get $count) (i32.const 2)) (then (return)))
    (i32.store offset=4024 (local.get $w) (call $makesMore (local.get $w) (local.get $top)))
    ;; ways to choose $left cards among the $rank lowest of the suit, $other of them, and the plain ones
    (loop $lefts
      (local.set $rank (i32.const 0))
      (loop $limits
        (local.set $ways (f64.const 0))
        (local.set $other (i32.const 0))
        (loop $ofSuit
          (local.set $ways (f64.add (local.get $ways) (f64.mul
            (f64.load offset=1280 (i32.add (local.get $w) (i32.shl (i32.add (i32.shl (local.get $rank) (i32.const 3)) (local.get $other)) (i32.const 3))))
            (f64.load offset=1216 (i32.add (local.get $w) (i32.shl (i32.sub (local.get $left) (local.get $other)) (i32.const 3)))))))
          (local.set $other (i32.add (local.get $other) (i32.const 1)))
          (br_if $ofSuit (i32.le_u (local.get $other) (local.get $left))))
        (f64.store offset=2176 (i32.add (local.get $w) (i32.shl (i32.add (i32.shl (local.get $left) (i32.const 4)) (local.get $rank)) (i32.const 3))) (local.get $ways))
        (local.set $rank (i32.add (local.get $rank) (i32.const 1)))
        (br_if $limits (i32.lt_u (local.get $rank) (local.get $count))))
      (local.set $left (i32.add (local.get $left) (i32.const 1)))
      (br_if $lefts (i32.le_u (local.get $left) (i32.sub (local.get $size) (i32.const 2)))))
    (call $placeSuited (local.get $w) (local.get $size) (local.get $count) (i32.const 0) (i32.const 0))))
