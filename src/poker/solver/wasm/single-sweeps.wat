;; Card-removal sums as in sweeps.wat, in single precision: a row is the 16 lanes (or, where that is enough, the first 8) of
;; one hand, 64 bytes of the accumulators. For training, where a regret need not be exact; what is reported is measured in
;; double precision.
;;
;; `npx tsx scripts/assemble-wasm.ts` makes single-sweeps-module.ts of this text.
(module
  (import "env" "memory" (memory 0 65536 shared))

  ;; what a sweep works with; an instance serves one thread
  (global $wide (mut i32) (i32.const 0))
  (global $acc (mut i32) (i32.const 0))
  (global $reach (mut i32) (i32.const 0))
  (global $reachStride (mut i32) (i32.const 0))
  (global $addSlots (mut i32) (i32.const 0))
  (global $addBounds (mut i32) (i32.const 0))
  (global $out (mut i32) (i32.const 0))
  (global $outStride (mut i32) (i32.const 0))
  (global $slots (mut i32) (i32.const 0))
  (global $bounds (mut i32) (i32.const 0))

  ;; adds the row of a hand to the accumulators of its subsets
  (func $add (param $hand i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $at i32)
    (local $row i32) (local $slot i32) (local $end i32) (local $acc i32)
    (local.set $acc (global.get $acc))
    (local.set $row (i32.add (global.get $reach) (i32.mul (local.get $hand) (global.get $reachStride))))
    (local.set $at (i32.add (global.get $addBounds) (i32.shl (local.get $hand) (i32.const 3))))
    (local.set $slot (i32.add (global.get $addSlots) (i32.load (local.get $at))))
    (local.set $end (i32.add (global.get $addSlots) (i32.load offset=8 (local.get $at))))
    (local.set $a (v128.load (local.get $row)))
    (local.set $b (v128.load offset=16 (local.get $row)))
    (if (global.get $wide) (then
      (local.set $c (v128.load offset=32 (local.get $row)))
      (local.set $d (v128.load offset=48 (local.get $row)))
      (loop $next
        (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
        (v128.store (local.get $at) (f32x4.add (v128.load (local.get $at)) (local.get $a)))
        (v128.store offset=16 (local.get $at) (f32x4.add (v128.load offset=16 (local.get $at)) (local.get $b)))
        (v128.store offset=32 (local.get $at) (f32x4.add (v128.load offset=32 (local.get $at)) (local.get $c)))
        (v128.store offset=48 (local.get $at) (f32x4.add (v128.load offset=48 (local.get $at)) (local.get $d)))
        (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $slot) (local.get $end)))))
    (else
      (loop $next
        (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
        (v128.store (local.get $at) (f32x4.add (v128.load (local.get $at)) (local.get $a)))
        (v128.store offset=16 (local.get $at) (f32x4.add (v128.load offset=16 (local.get $at)) (local.get $b)))
        (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $slot) (local.get $end)))))))

  ;; row = (row where $keep is all ones, else 0) + (sum over the opponents that share no card) * scale
  (func $query (param $hand i32) (param $keep v128) (param $scale v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $at i32)
    (local $row i32) (local $slot i32) (local $mid i32) (local $end i32) (local $acc i32)
    (local.set $acc (global.get $acc))
    (local.set $row (i32.add (global.get $out) (i32.mul (local.get $hand) (global.get $outStride))))
    (local.set $at (i32.add (global.get $bounds) (i32.shl (local.get $hand) (i32.const 3))))
    (local.set $slot (i32.add (global.get $slots) (i32.load (local.get $at))))
    (local.set $mid (i32.add (global.get $slots) (i32.load offset=4 (local.get $at))))
    (local.set $end (i32.add (global.get $slots) (i32.load offset=8 (local.get $at))))
    (if (global.get $wide) (then
      (block $odd
        (br_if $odd (i32.ge_u (local.get $slot) (local.get $mid)))
        (loop $next
          (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
          (local.set $a (f32x4.sub (local.get $a) (v128.load (local.get $at))))
          (local.set $b (f32x4.sub (local.get $b) (v128.load offset=16 (local.get $at))))
          (local.set $c (f32x4.sub (local.get $c) (v128.load offset=32 (local.get $at))))
          (local.set $d (f32x4.sub (local.get $d) (v128.load offset=48 (local.get $at))))
          (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
          (br_if $next (i32.lt_u (local.get $slot) (local.get $mid)))))
      (loop $next
        (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
        (local.set $a (f32x4.add (local.get $a) (v128.load (local.get $at))))
        (local.set $b (f32x4.add (local.get $b) (v128.load offset=16 (local.get $at))))
        (local.set $c (f32x4.add (local.get $c) (v128.load offset=32 (local.get $at))))
        (local.set $d (f32x4.add (local.get $d) (v128.load offset=48 (local.get $at))))
        (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $slot) (local.get $end))))
      (v128.store offset=32 (local.get $row) (f32x4.add
        (v128.and (v128.load offset=32 (local.get $row)) (local.get $keep)) (f32x4.mul (local.get $c) (local.get $scale))))
      (v128.store offset=48 (local.get $row) (f32x4.add
        (v128.and (v128.load offset=48 (local.get $row)) (local.get $keep)) (f32x4.mul (local.get $d) (local.get $scale)))))
    (else
      (block $odd
        (br_if $odd (i32.ge_u (local.get $slot) (local.get $mid)))
        (loop $next
          (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
          (local.set $a (f32x4.sub (local.get $a) (v128.load (local.get $at))))
          (local.set $b (f32x4.sub (local.get $b) (v128.load offset=16 (local.get $at))))
          (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
          (br_if $next (i32.lt_u (local.get $slot) (local.get $mid)))))
      (loop $next
        (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
        (local.set $a (f32x4.add (local.get $a) (v128.load (local.get $at))))
        (local.set $b (f32x4.add (local.get $b) (v128.load offset=16 (local.get $at))))
        (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $slot) (local.get $end))))))
    (v128.store (local.get $row) (f32x4.add
      (v128.and (v128.load (local.get $row)) (local.get $keep)) (f32x4.mul (local.get $a) (local.get $scale))))
    (v128.store offset=16 (local.get $row) (f32x4.add
      (v128.and (v128.load offset=16 (local.get $row)) (local.get $keep)) (f32x4.mul (local.get $b) (local.get $scale)))))

  ;; what both sweeps read and write; call it before each of them
  (func (export "open") (param $wide i32) (param $acc i32) (param $accBytes i32)
    (param $reach i32) (param $reachStride i32) (param $addSlots i32) (param $addBounds i32)
    (param $out i32) (param $outStride i32) (param $slots i32) (param $bounds i32)
    (memory.fill (local.get $acc) (i32.const 0) (local.get $accBytes))
    (global.set $wide (local.get $wide))
    (global.set $acc (local.get $acc))
    (global.set $reach (local.get $reach))
    (global.set $reachStride (local.get $reachStride))
    (global.set $addSlots (local.get $addSlots))
    (global.set $addBounds (local.get $addBounds))
    (global.set $out (local.get $out))
    (global.set $outStride (local.get $outStride))
    (global.set $slots (local.get $slots))
    (global.set $bounds (local.get $bounds)))

  ;; out[hand] = summed reach of the compatible opponents
  (func (export "compatible") (param $addCount i32) (param $count i32)
    (local $i i32)
    (block $added
      (loop $next
        (br_if $added (i32.ge_u (local.get $i) (local.get $addCount)))
        (call $add (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.set $i (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (call $query (local.get $i) (v128.const i32x4 0 0 0 0) (v128.const f32x4 1 1 1 1))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; out[hand] = (out[hand] if $kept) + (reach of weaker compatible opponents - reach of stronger ones).
  ;; Orders are pairs (hand, strength), ascending by strength.
  (func (export "showdown") (param $addOrder i32) (param $addEnd i32) (param $order i32) (param $end i32) (param $kept i32)
    (local $q i32) (local $group i32) (local $strength i32) (local $keep v128) (local $all v128)
    (local.set $keep (i32x4.splat (i32.sub (i32.const 0) (local.get $kept))))
    (local.set $all (v128.const i32x4 -1 -1 -1 -1))
    (local.set $q (local.get $order))
    (block $swept
      (loop $nextGroup
        (br_if $swept (i32.ge_u (local.get $q) (local.get $end)))
        (local.set $strength (i32.load offset=4 (local.get $q)))
        ;; opponents below this strength
        (block $below
          (loop $next
            (br_if $below (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
            (br_if $below (i32.ge_u (i32.load offset=4 (local.get $addOrder)) (local.get $strength)))
            (call $add (i32.load (local.get $addOrder)))
            (local.set $addOrder (i32.add (local.get $addOrder) (i32.const 8)))
            (br $next)))
        (block $tied
          (block $noTie
            (br_if $noTie (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
            (br_if $noTie (i32.ne (i32.load offset=4 (local.get $addOrder)) (local.get $strength)))
            (local.set $group (local.get $q))
            (block $groupEnd
              (loop $next
                (call $query (i32.load (local.get $group)) (local.get $keep) (v128.const f32x4 1 1 1 1))
                (local.set $group (i32.add (local.get $group) (i32.const 8)))
                (br_if $groupEnd (i32.ge_u (local.get $group) (local.get $end)))
                (br_if $next (i32.eq (i32.load offset=4 (local.get $group)) (local.get $strength)))))
            (block $equal
              (loop $next
                (br_if $equal (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
                (br_if $equal (i32.ne (i32.load offset=4 (local.get $addOrder)) (local.get $strength)))
                (call $add (i32.load (local.get $addOrder)))
                (local.set $addOrder (i32.add (local.get $addOrder) (i32.const 8)))
                (br $next)))
            (loop $next
              (call $query (i32.load (local.get $q)) (local.get $all) (v128.const f32x4 1 1 1 1))
              (local.set $q (i32.add (local.get $q) (i32.const 8)))
              (br_if $next (i32.lt_u (local.get $q) (local.get $group))))
            (br $tied))
          ;; nobody ties: weaker and weaker-or-equal are the same sum
          (block $groupEnd
            (loop $next
              (call $query (i32.load (local.get $q)) (local.get $keep) (v128.const f32x4 2 2 2 2))
              (local.set $q (i32.add (local.get $q) (i32.const 8)))
              (br_if $groupEnd (i32.ge_u (local.get $q) (local.get $end)))
              (br_if $next (i32.eq (i32.load offset=4 (local.get $q)) (local.get $strength))))))
        (br $nextGroup)))
    (block $allAdded
      (loop $next
        (br_if $allAdded (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
        (call $add (i32.load (local.get $addOrder)))
        (local.set $addOrder (i32.add (local.get $addOrder) (i32.const 8)))
        (br $next)))
    (local.set $q (local.get $order))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $q) (local.get $end)))
        (call $query (i32.load (local.get $q)) (local.get $all) (v128.const f32x4 -1 -1 -1 -1))
        (local.set $q (i32.add (local.get $q) (i32.const 8)))
        (br $next)))))
