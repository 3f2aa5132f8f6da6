;; Card-removal sums over many terminals at once. A row is the 8 lanes (terminals) of one hand. Accumulators hold, for
;; each subset of cards that occurs in both players' hands, the summed reach of the hands that contain it; by inclusion
;; and exclusion over the subsets of a hand (the empty one too) a query gives the summed reach of the hands that share
;; no card with it. Subset lists are byte offsets into the accumulators: odd-sized subsets first, then even.
;;
;; `npx tsx scripts/assemble-wasm.ts` makes sweeps-module.ts of this text.
(module
  (import "env" "memory" (memory 0 65536 shared))

  ;; adds a row to the accumulators of a hand's subsets
  (func $add (param $row i32) (param $slot i32) (param $end i32) (param $acc i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $at i32)
    (local.set $a (v128.load (local.get $row)))
    (local.set $b (v128.load offset=16 (local.get $row)))
    (local.set $c (v128.load offset=32 (local.get $row)))
    (local.set $d (v128.load offset=48 (local.get $row)))
    (loop $next
      (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
      (v128.store (local.get $at) (f64x2.add (v128.load (local.get $at)) (local.get $a)))
      (v128.store offset=16 (local.get $at) (f64x2.add (v128.load offset=16 (local.get $at)) (local.get $b)))
      (v128.store offset=32 (local.get $at) (f64x2.add (v128.load offset=32 (local.get $at)) (local.get $c)))
      (v128.store offset=48 (local.get $at) (f64x2.add (v128.load offset=48 (local.get $at)) (local.get $d)))
      (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $slot) (local.get $end)))))

  ;; row = row * keep + (sum over the opponents that share no card) * scale
  (func $query (param $row i32) (param $slot i32) (param $mid i32) (param $end i32) (param $acc i32)
    (param $keep f64) (param $scale f64)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $at i32) (local $k v128) (local $s v128)
    (block $odd
      (br_if $odd (i32.ge_u (local.get $slot) (local.get $mid)))
      (loop $next
        (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
        (local.set $a (f64x2.sub (local.get $a) (v128.load (local.get $at))))
        (local.set $b (f64x2.sub (local.get $b) (v128.load offset=16 (local.get $at))))
        (local.set $c (f64x2.sub (local.get $c) (v128.load offset=32 (local.get $at))))
        (local.set $d (f64x2.sub (local.get $d) (v128.load offset=48 (local.get $at))))
        (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $slot) (local.get $mid)))))
    (loop $next
      (local.set $at (i32.add (local.get $acc) (i32.load (local.get $slot))))
      (local.set $a (f64x2.add (local.get $a) (v128.load (local.get $at))))
      (local.set $b (f64x2.add (local.get $b) (v128.load offset=16 (local.get $at))))
      (local.set $c (f64x2.add (local.get $c) (v128.load offset=32 (local.get $at))))
      (local.set $d (f64x2.add (local.get $d) (v128.load offset=48 (local.get $at))))
      (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $slot) (local.get $end))))
    (local.set $k (f64x2.splat (local.get $keep)))
    (local.set $s (f64x2.splat (local.get $scale)))
    (v128.store (local.get $row) (f64x2.add
      (f64x2.mul (v128.load (local.get $row)) (local.get $k)) (f64x2.mul (local.get $a) (local.get $s))))
    (v128.store offset=16 (local.get $row) (f64x2.add
      (f64x2.mul (v128.load offset=16 (local.get $row)) (local.get $k)) (f64x2.mul (local.get $b) (local.get $s))))
    (v128.store offset=32 (local.get $row) (f64x2.add
      (f64x2.mul (v128.load offset=32 (local.get $row)) (local.get $k)) (f64x2.mul (local.get $c) (local.get $s))))
    (v128.store offset=48 (local.get $row) (f64x2.add
      (f64x2.mul (v128.load offset=48 (local.get $row)) (local.get $k)) (f64x2.mul (local.get $d) (local.get $s)))))

  ;; add hand number $hand of the reach matrix
  (func $addHand (param $hand i32) (param $reach i32) (param $stride i32) (param $slots i32) (param $bounds i32)
    (param $acc i32)
    (local $bound i32)
    (local.set $bound (i32.add (local.get $bounds) (i32.shl (local.get $hand) (i32.const 3))))
    (call $add (i32.add (local.get $reach) (i32.mul (local.get $hand) (local.get $stride)))
      (i32.add (local.get $slots) (i32.load (local.get $bound)))
      (i32.add (local.get $slots) (i32.load offset=8 (local.get $bound)))
      (local.get $acc)))

  (func $queryHand (param $hand i32) (param $out i32) (param $stride i32) (param $slots i32) (param $bounds i32)
    (param $acc i32) (param $keep f64) (param $scale f64)
    (local $bound i32)
    (local.set $bound (i32.add (local.get $bounds) (i32.shl (local.get $hand) (i32.const 3))))
    (call $query (i32.add (local.get $out) (i32.mul (local.get $hand) (local.get $stride)))
      (i32.add (local.get $slots) (i32.load (local.get $bound)))
      (i32.add (local.get $slots) (i32.load offset=4 (local.get $bound)))
      (i32.add (local.get $slots) (i32.load offset=8 (local.get $bound)))
      (local.get $acc) (local.get $keep) (local.get $scale)))

  ;; out[hand] = summed reach of the compatible opponents
  (func (export "compatible") (param $reach i32) (param $reachStride i32) (param $out i32) (param $outStride i32)
    (param $acc i32) (param $accBytes i32)
    (param $addCount i32) (param $addSlots i32) (param $addBounds i32)
    (param $count i32) (param $slots i32) (param $bounds i32)
    (local $i i32)
    (memory.fill (local.get $acc) (i32.const 0) (local.get $accBytes))
    (block $added
      (loop $next
        (br_if $added (i32.ge_u (local.get $i) (local.get $addCount)))
        (call $addHand (local.get $i) (local.get $reach) (local.get $reachStride) (local.get $addSlots)
          (local.get $addBounds) (local.get $acc))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.set $i (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (call $queryHand (local.get $i) (local.get $out) (local.get $outStride) (local.get $slots)
          (local.get $bounds) (local.get $acc) (f64.const 0) (f64.const 1))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; out[hand] = out[hand] * keep + (reach of weaker compatible opponents - reach of stronger ones).
  ;; Orders are pairs (hand, strength), ascending by strength.
  (func (export "showdown") (param $reach i32) (param $reachStride i32) (param $out i32) (param $outStride i32)
    (param $acc i32) (param $accBytes i32)
    (param $addOrder i32) (param $addEnd i32) (param $addSlots i32) (param $addBounds i32)
    (param $order i32) (param $end i32) (param $slots i32) (param $bounds i32) (param $keep f64)
    (local $q i32) (local $group i32) (local $strength i32) (local $first i32)
    (memory.fill (local.get $acc) (i32.const 0) (local.get $accBytes))
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
            (call $addHand (i32.load (local.get $addOrder)) (local.get $reach) (local.get $reachStride)
              (local.get $addSlots) (local.get $addBounds) (local.get $acc))
            (local.set $addOrder (i32.add (local.get $addOrder) (i32.const 8)))
            (br $next)))
        ;; does an opponent tie?
        (local.set $first (local.get $addOrder))
        (block $tied
          (block $noTie
            (br_if $noTie (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
            (br_if $noTie (i32.eqz (i32.eq (i32.load offset=4 (local.get $addOrder)) (local.get $strength))))
            (local.set $group (local.get $q))
            (block $groupEnd
              (loop $next
                (call $queryHand (i32.load (local.get $group)) (local.get $out) (local.get $outStride)
                  (local.get $slots) (local.get $bounds) (local.get $acc) (local.get $keep) (f64.const 1))
                (local.set $group (i32.add (local.get $group) (i32.const 8)))
                (br_if $groupEnd (i32.ge_u (local.get $group) (local.get $end)))
                (br_if $next (i32.eq (i32.load offset=4 (local.get $group)) (local.get $strength)))))
            (block $equal
              (loop $next
                (br_if $equal (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
                (br_if $equal (i32.eqz (i32.eq (i32.load offset=4 (local.get $addOrder)) (local.get $strength))))
                (call $addHand (i32.load (local.get $addOrder)) (local.get $reach) (local.get $reachStride)
                  (local.get $addSlots) (local.get $addBounds) (local.get $acc))
                (local.set $addOrder (i32.add (local.get $addOrder) (i32.const 8)))
                (br $next)))
            (loop $next
              (call $queryHand (i32.load (local.get $q)) (local.get $out) (local.get $outStride)
                (local.get $slots) (local.get $bounds) (local.get $acc) (f64.const 1) (f64.const 1))
              (local.set $q (i32.add (local.get $q) (i32.const 8)))
              (br_if $next (i32.lt_u (local.get $q) (local.get $group))))
            (br $tied))
          ;; nobody ties: weaker and weaker-or-equal are the same sum
          (block $groupEnd
            (loop $next
              (call $queryHand (i32.load (local.get $q)) (local.get $out) (local.get $outStride)
                (local.get $slots) (local.get $bounds) (local.get $acc) (local.get $keep) (f64.const 2))
              (local.set $q (i32.add (local.get $q) (i32.const 8)))
              (br_if $groupEnd (i32.ge_u (local.get $q) (local.get $end)))
              (br_if $next (i32.eq (i32.load offset=4 (local.get $q)) (local.get $strength))))))
        (br $nextGroup)))
    (block $all
      (loop $next
        (br_if $all (i32.ge_u (local.get $addOrder) (local.get $addEnd)))
        (call $addHand (i32.load (local.get $addOrder)) (local.get $reach) (local.get $reachStride)
          (local.get $addSlots) (local.get $addBounds) (local.get $acc))
        (local.set $addOrder (i32.add (local.get $addOrder) (i32.const 8)))
        (br $next)))
    (local.set $q (local.get $order))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $q) (local.get $end)))
        (call $queryHand (i32.load (local.get $q)) (local.get $out) (local.get $outStride)
          (local.get $slots) (local.get $bounds) (local.get $acc) (f64.const 1) (f64.const -1))
        (local.set $q (i32.add (local.get $q) (i32.const 8)))
        (br $next)))))
