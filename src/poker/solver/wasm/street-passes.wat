;; The betting tree of one street, walked for four hands at once in single precision: regret matching downwards, regrets
;; upwards. A vector holds one number for each of four neighbouring hands; so tables keep the rows of four hands
;; interleaved, action by action.
;;
;; A street is described by words: 0 decisions, 4 their end, 8 leaves, 12 their end, 16 bytes of a vector for each lane,
;; 20 roots, 24 bytes of a matrix row, 28 bytes of a row of the matrix the roots come from (0: the hands' weights).
;; A decision: node, first child, bytes of all children, place in the row, seat. A leaf: lane, node, seat 0's factor,
;; seat 1's. Nodes, children, places and lanes are bytes.
;;
;; `npx tsx scripts/assemble-wasm.ts` makes street-passes-module.ts of this text.
(module
  (import "env" "memory" (memory 0 65536 shared))

  ;; all ones for each of four hands that holds none of the dealt cards
  (func $alive (param $low i32) (param $high i32) (param $deadLow i32) (param $deadHigh i32) (result v128)
    (i32x4.eq (v128.const i32x4 0 0 0 0) (v128.or
      (v128.and (v128.load (local.get $low)) (i32x4.splat (local.get $deadLow)))
      (v128.and (v128.load (local.get $high)) (i32x4.splat (local.get $deadHigh))))))

  ;; Reach of the opponent's hands $hand … $to - 1 by their present strategy, which enters their average.
  ;; 1 if any of them gets here.
  (func (export "down") (param $street i32) (param $seat i32) (param $hand i32) (param $to i32)
    (param $low i32) (param $high i32) (param $deadLow i32) (param $deadHigh i32) (param $origin i32)
    (param $regrets i32) (param $sums i32) (param $rowBytes i32) (param $weight f32)
    (param $nodes i32) (param $lanes i32) (param $out i32) (result i32)
    (local $reached i32) (local $alive v128) (local $any v128) (local $v v128) (local $stride i32) (local $at i32)
    (local $i i32) (local $end i32) (local $d i32) (local $last i32) (local $child i32) (local $row i32) (local $sum i32)
    (local $reach v128) (local $positive v128) (local $mask v128) (local $scale v128) (local $even v128) (local $w v128)
    (local $a v128) (local $b v128) (local $c v128) (local $e v128) (local $p v128) (local $q v128)
    (local.set $w (f32x4.splat (local.get $weight)))
    (local.set $last (i32.load offset=4 (local.get $street)))
    (block $done (loop $hands
      (br_if $done (i32.ge_u (local.get $hand) (local.get $to)))
      (local.set $at (i32.shl (local.get $hand) (i32.const 2)))
      (local.set $alive (call $alive (i32.add (local.get $low) (local.get $at)) (i32.add (local.get $high) (local.get $at))
        (local.get $deadLow) (local.get $deadHigh)))
      (local.set $stride (i32.load offset=28 (local.get $street)))
      (if (local.get $stride) (then
        (local.set $any (v128.const i32x4 0 0 0 0))
        (local.set $at (i32.add (local.get $origin) (i32.mul (local.get $hand) (local.get $stride))))
        (local.set $i (local.get $nodes))
        (local.set $end (i32.add (local.get $nodes) (i32.shl (i32.load offset=20 (local.get $street)) (i32.const 4))))
        (loop $roots
          (local.set $v (v128.load32_zero (local.get $at)))
          (local.set $v (v128.load32_lane 1 (i32.add (local.get $at) (local.get $stride)) (local.get $v)))
          (local.set $v (v128.load32_lane 2 (i32.add (local.get $at) (i32.shl (local.get $stride) (i32.const 1))) (local.get $v)))
          (local.set $v (v128.load32_lane 3 (i32.add (local.get $at) (i32.mul (local.get $stride) (i32.const 3))) (local.get $v)))
          (local.set $v (v128.and (local.get $v) (local.get $alive)))
          (local.set $any (v128.or (local.get $any) (local.get $v)))
          (v128.store (local.get $i) (local.get $v))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (local.set $i (i32.add (local.get $i) (i32.const 16)))
          (br_if $roots (i32.lt_u (local.get $i) (local.get $end)))))
      (else
        (local.set $any (v128.and (v128.load (i32.add (local.get $origin) (local.get $at))) (local.get $alive)))
        (v128.store (local.get $nodes) (local.get $any))))
      (local.set $stride (i32.load offset=24 (local.get $street)))
      (local.set $at (i32.add (local.get $out) (i32.mul (local.get $hand) (local.get $stride))))
      (block $walked
        (if (i32.eqz (v128.any_true (local.get $any))) (then
          (memory.fill (local.get $at) (i32.const 0) (i32.shl (local.get $stride) (i32.const 2)))
          (br $walked)))
        (local.set $reached (i32.const 1))
        (local.set $d (i32.load (local.get $street)))
        (block $split (loop $decisions
          (br_if $split (i32.ge_u (local.get $d) (local.get $last)))
          (local.set $reach (v128.load (i32.add (local.get $nodes) (i32.load (local.get $d)))))
          (local.set $child (i32.add (local.get $nodes) (i32.load offset=4 (local.get $d))))
          (local.set $end (i32.add (local.get $child) (i32.load offset=8 (local.get $d))))
          (if (i32.eq (i32.load offset=16 (local.get $d)) (local.get $seat)) (then
            (local.set $row (i32.add (i32.load offset=12 (local.get $d))
              (i32.mul (i32.shr_u (local.get $hand) (i32.const 2)) (local.get $rowBytes))))
            (local.set $sum (i32.add (local.get $sums) (local.get $row)))
            (local.set $row (i32.add (local.get $regrets) (local.get $row)))
            (local.set $positive (v128.const f32x4 0 0 0 0))
            (local.set $i (local.get $row))
            (local.set $end (i32.sub (local.get $end) (local.get $child)))
            (local.set $even (f32x4.div (local.get $reach)
              (f32x4.splat (f32.convert_i32_u (i32.shr_u (local.get $end) (i32.const 4))))))
            (local.set $end (i32.add (local.get $end) (local.get $row)))
            (loop $actions
              (local.set $positive (f32x4.add (local.get $positive)
                (f32x4.max (v128.load (local.get $i)) (v128.const f32x4 0 0 0 0))))
              (local.set $i (i32.add (local.get $i) (i32.const 16)))
              (br_if $actions (i32.lt_u (local.get $i) (local.get $end))))
            (local.set $mask (f32x4.gt (local.get $positive) (v128.const f32x4 0 0 0 0)))
            (local.set $scale (f32x4.div (local.get $reach) (local.get $positive)))
            (loop $actions
              (local.set $v (v128.bitselect
                (f32x4.mul (f32x4.max (v128.load (local.get $row)) (v128.const f32x4 0 0 0 0)) (local.get $scale))
                (local.get $even) (local.get $mask)))
              (v128.store (local.get $child) (local.get $v))
              (v128.store (local.get $sum) (f32x4.add (v128.load (local.get $sum)) (f32x4.mul (local.get $w) (local.get $v))))
              (local.set $child (i32.add (local.get $child) (i32.const 16)))
              (local.set $sum (i32.add (local.get $sum) (i32.const 16)))
              (local.set $row (i32.add (local.get $row) (i32.const 16)))
              (br_if $actions (i32.lt_u (local.get $row) (local.get $end)))))
          (else
            (loop $actions
              (v128.store (local.get $child) (local.get $reach))
              (local.set $child (i32.add (local.get $child) (i32.const 16)))
              (br_if $actions (i32.lt_u (local.get $child) (local.get $end))))))
          (local.set $d (i32.add (local.get $d) (i32.const 20)))
          (br $decisions)))
        (local.set $i (i32.load offset=8 (local.get $street)))
        (local.set $end (i32.load offset=12 (local.get $street)))
        (loop $leaves
          (v128.store (i32.add (local.get $lanes) (i32.load (local.get $i)))
            (v128.load (i32.add (local.get $nodes) (i32.load offset=4 (local.get $i)))))
          (local.set $i (i32.add (local.get $i) (i32.const 16)))
          (br_if $leaves (i32.lt_u (local.get $i) (local.get $end))))
        ;; lanes of four hands to rows of hands, four lanes at a time
        (local.set $i (local.get $lanes))
        (local.set $end (i32.add (local.get $lanes) (i32.load offset=16 (local.get $street))))
        (loop $four
          (local.set $a (v128.load (local.get $i)))
          (local.set $b (v128.load offset=16 (local.get $i)))
          (local.set $c (v128.load offset=32 (local.get $i)))
          (local.set $e (v128.load offset=48 (local.get $i)))
          (local.set $p (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
          (local.set $q (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $e)))
          (v128.store (local.get $at)
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p) (local.get $q)))
          (v128.store (i32.add (local.get $at) (local.get $stride))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p) (local.get $q)))
          (local.set $p (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
          (local.set $q (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $e)))
          (v128.store (i32.add (local.get $at) (i32.shl (local.get $stride) (i32.const 1)))
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p) (local.get $q)))
          (v128.store (i32.add (local.get $at) (i32.mul (local.get $stride) (i32.const 3)))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p) (local.get $q)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $i (i32.add (local.get $i) (i32.const 64)))
          (br_if $four (i32.lt_u (local.get $i) (local.get $end)))))
      (local.set $hand (i32.add (local.get $hand) (i32.const 4)))
      (br $hands)))
    (local.get $reached))

  ;; Values of the traverser's hands $hand … $to - 1. $mode 0: under their present strategy, and their regrets are brought
  ;; up to date. Else $regrets are strategy sums and stay as they are; 1: under the average strategy; 2: of the best
  ;; response; 3: of the average strategy, and of the best response where its sum is below $least times the hand's weight.
  ;; The roots' values, times $scale, are added to the row of each hand at $target, unless that is 0.
  (func (export "up") (param $street i32) (param $seat i32) (param $hand i32) (param $to i32)
    (param $low i32) (param $high i32) (param $deadLow i32) (param $deadHigh i32) (param $values i32)
    (param $regrets i32) (param $rowBytes i32) (param $kept f32) (param $keptNegative f32)
    (param $nodes i32) (param $lanes i32) (param $target i32) (param $targetStride i32) (param $scale f32)
    (param $mode i32) (param $least f32) (param $weights i32)
    (local $alive v128) (local $v v128) (local $stride i32) (local $at i32)
    (local $i i32) (local $end i32) (local $d i32) (local $first i32) (local $child i32) (local $row i32) (local $start i32)
    (local $positive v128) (local $plain v128) (local $value v128) (local $r v128) (local $pos v128) (local $neg v128)
    (local $a v128) (local $b v128) (local $c v128) (local $e v128) (local $p v128) (local $q v128) (local $best v128)
    (local.set $pos (f32x4.splat (local.get $kept)))
    (local.set $neg (f32x4.splat (local.get $keptNegative)))
    (local.set $first (i32.load (local.get $street)))
    (local.set $stride (i32.load offset=24 (local.get $street)))
    (block $done (loop $hands
      (br_if $done (i32.ge_u (local.get $hand) (local.get $to)))
      (local.set $at (i32.shl (local.get $hand) (i32.const 2)))
      (local.set $alive (call $alive (i32.add (local.get $low) (local.get $at)) (i32.add (local.get $high) (local.get $at))
        (local.get $deadLow) (local.get $deadHigh)))
      (block $walked
        (br_if $walked (i32.eqz (v128.any_true (local.get $alive))))
        (local.set $at (i32.add (local.get $values) (i32.mul (local.get $hand) (local.get $stride))))
        ;; rows of hands to lanes of four hands
        (local.set $i (local.get $lanes))
        (local.set $end (i32.add (local.get $lanes) (i32.load offset=16 (local.get $street))))
        (loop $four
          (local.set $a (v128.load (local.get $at)))
          (local.set $b (v128.load (i32.add (local.get $at) (local.get $stride))))
          (local.set $c (v128.load (i32.add (local.get $at) (i32.shl (local.get $stride) (i32.const 1)))))
          (local.set $e (v128.load (i32.add (local.get $at) (i32.mul (local.get $stride) (i32.const 3)))))
          (local.set $p (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
          (local.set $q (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $e)))
          (v128.store (local.get $i) (v128.and (local.get $alive)
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p) (local.get $q))))
          (v128.store offset=16 (local.get $i) (v128.and (local.get $alive)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p) (local.get $q))))
          (local.set $p (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
          (local.set $q (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $e)))
          (v128.store offset=32 (local.get $i) (v128.and (local.get $alive)
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p) (local.get $q))))
          (v128.store offset=48 (local.get $i) (v128.and (local.get $alive)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p) (local.get $q))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $i (i32.add (local.get $i) (i32.const 64)))
          (br_if $four (i32.lt_u (local.get $i) (local.get $end))))
        (local.set $i (i32.load offset=8 (local.get $street)))
        (local.set $end (i32.load offset=12 (local.get $street)))
        (loop $leaves
          (v128.store (i32.add (local.get $nodes) (i32.load offset=4 (local.get $i)))
            (f32x4.mul (v128.load (i32.add (local.get $lanes) (i32.load (local.get $i))))
              (v128.load32_splat offset=8 (i32.add (local.get $i) (i32.shl (local.get $seat) (i32.const 2))))))
          (local.set $i (i32.add (local.get $i) (i32.const 16)))
          (br_if $leaves (i32.lt_u (local.get $i) (local.get $end))))
        (local.set $start (i32.add (local.get $regrets)
          (i32.mul (i32.shr_u (local.get $hand) (i32.const 2)) (local.get $rowBytes))))
        (local.set $d (i32.load offset=4 (local.get $street)))
        (block $risen (loop $decisions
          (br_if $risen (i32.le_u (local.get $d) (local.get $first)))
          (local.set $d (i32.sub (local.get $d) (i32.const 20)))
          (local.set $child (i32.add (local.get $nodes) (i32.load offset=4 (local.get $d))))
          (local.set $end (i32.add (local.get $child) (i32.load offset=8 (local.get $d))))
          (local.set $i (local.get $child))
          (local.set $plain (v128.const f32x4 0 0 0 0))
          (if (i32.eq (i32.load offset=16 (local.get $d)) (local.get $seat)) (then
            (local.set $row (i32.add (local.get $start) (i32.load offset=12 (local.get $d))))
            (local.set $positive (v128.const f32x4 0 0 0 0))
            (local.set $value (v128.const f32x4 0 0 0 0))
            (local.set $best (v128.load (local.get $i)))
            (loop $actions
              (local.set $v (v128.load (local.get $i)))
              (local.set $best (f32x4.max (local.get $best) (local.get $v)))
              (local.set $r (f32x4.max (v128.load (local.get $row)) (v128.const f32x4 0 0 0 0)))
              (local.set $positive (f32x4.add (local.get $positive) (local.get $r)))
              (local.set $value (f32x4.add (local.get $value) (f32x4.mul (local.get $r) (local.get $v))))
              (local.set $plain (f32x4.add (local.get $plain) (local.get $v)))
              (local.set $row (i32.add (local.get $row) (i32.const 16)))
              (local.set $i (i32.add (local.get $i) (i32.const 16)))
              (br_if $actions (i32.lt_u (local.get $i) (local.get $end))))
            (local.set $value (v128.bitselect
              (f32x4.div (local.get $value) (local.get $positive))
              (f32x4.div (local.get $plain) (f32x4.splat (f32.convert_i32_u
                (i32.shr_u (i32.load offset=8 (local.get $d)) (i32.const 4)))))
              (f32x4.gt (local.get $positive) (v128.const f32x4 0 0 0 0))))
            (block $kept
              (if (local.get $mode) (then
                (br_if $kept (i32.eq (local.get $mode) (i32.const 1)))
                (local.set $value (v128.bitselect (local.get $best) (local.get $value) (v128.or
                  (i32x4.eq (i32x4.splat (local.get $mode)) (v128.const i32x4 2 2 2 2))
                  (f32x4.lt (local.get $positive) (f32x4.max (v128.const f32x4 1e-30 1e-30 1e-30 1e-30)
                    (f32x4.mul (f32x4.splat (local.get $least))
                      (v128.load (i32.add (local.get $weights) (i32.shl (local.get $hand) (i32.const 2))))))))))
                (br $kept)))
              (local.set $row (i32.add (local.get $start) (i32.load offset=12 (local.get $d))))
              (loop $actions
                (local.set $r (v128.load (local.get $row)))
                (v128.store (local.get $row) (f32x4.add
                  (f32x4.mul (local.get $r) (v128.bitselect (local.get $pos) (local.get $neg)
                    (f32x4.gt (local.get $r) (v128.const f32x4 0 0 0 0))))
                  (f32x4.sub (v128.load (local.get $child)) (local.get $value))))
                (local.set $row (i32.add (local.get $row) (i32.const 16)))
                (local.set $child (i32.add (local.get $child) (i32.const 16)))
                (br_if $actions (i32.lt_u (local.get $child) (local.get $end))))))
          (else
            (local.set $value (v128.const f32x4 0 0 0 0))
            (loop $actions
              (local.set $value (f32x4.add (local.get $value) (v128.load (local.get $i))))
              (local.set $i (i32.add (local.get $i) (i32.const 16)))
              (br_if $actions (i32.lt_u (local.get $i) (local.get $end))))))
          (v128.store (i32.add (local.get $nodes) (i32.load (local.get $d))) (local.get $value))
          (br $decisions)))
        (br_if $walked (i32.eqz (local.get $target)))
        (local.set $at (i32.add (local.get $target) (i32.mul (local.get $hand) (local.get $targetStride))))
        (local.set $i (local.get $nodes))
        (local.set $end (i32.add (local.get $nodes) (i32.shl (i32.load offset=20 (local.get $street)) (i32.const 4))))
        (loop $roots
          (local.set $v (f32x4.mul (v128.load (local.get $i)) (f32x4.splat (local.get $scale))))
          (local.set $row (local.get $at))
          (f32.store (local.get $row) (f32.add (f32.load (local.get $row)) (f32x4.extract_lane 0 (local.get $v))))
          (local.set $row (i32.add (local.get $row) (local.get $targetStride)))
          (f32.store (local.get $row) (f32.add (f32.load (local.get $row)) (f32x4.extract_lane 1 (local.get $v))))
          (local.set $row (i32.add (local.get $row) (local.get $targetStride)))
          (f32.store (local.get $row) (f32.add (f32.load (local.get $row)) (f32x4.extract_lane 2 (local.get $v))))
          (local.set $row (i32.add (local.get $row) (local.get $targetStride)))
          (f32.store (local.get $row) (f32.add (f32.load (local.get $row)) (f32x4.extract_lane 3 (local.get $v))))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (local.set $i (i32.add (local.get $i) (i32.const 16)))
          (br_if $roots (i32.lt_u (local.get $i) (local.get $end)))))
      (local.set $hand (i32.add (local.get $hand) (i32.const 4)))
      (br $hands)))))
