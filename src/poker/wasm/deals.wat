;; Random deals, and counts of their showdowns: the inner loops of equity/monte-carlo.ts. The evaluator's table of categories
;; is where hands.wat says; everything else is at addresses that the caller gives.
;;
;; Both functions work with one block, by bytes from its address:
;;    0  state of the random numbers, four words; 16: how many of the words at 256 are used up; 20: the upper half of a word
;;       whose lower half is used up, or -1 (see random.ts, whose numbers these are)
;;   24  live cards; 28: places that are drawn; 32: bytes of a deal
;;   36  cards of a completion, 0 without strata; 40: the stratum; 44: the step to the next one; 48: strata; 52: the place of
;;       a completion
;;   64  the live cards, as bytes; 128: the places that are drawn
;;  256  512 random words
;; 2304  by n: how many of 2^16 numbers are refused, 16 bits
;; 2816  `[stratum × card]`: completions of the board, as bytes
;; 5120  boards; 5124: players; 5128: share classes; and from the block's address: 5132: `[board × player × category × class]`,
;;       how often a player had a hand and a share; 5136: `[player × top class × bottom class]`; 5144: by board:
;;       `[card × player × class]` by next card, or 0 where that is not counted; all as words
;; 5152  by board: its known cards
;; 5160  by player: share class on the top board; 5176: on the bottom board
(module
  (import "env" "memory" (memory 0 65536 shared))

  ;; 512 more random words: xoshiro128** 1.1
  (func $refill (param $c i32)
    (local $a i32) (local $b i32) (local $p i32) (local $d i32) (local $t i32) (local $to i32) (local $end i32)
    (local.set $a (i32.load (local.get $c)))
    (local.set $b (i32.load offset=4 (local.get $c)))
    (local.set $p (i32.load offset=8 (local.get $c)))
    (local.set $d (i32.load offset=12 (local.get $c)))
    (local.set $to (local.get $c))
    (local.set $end (i32.add (local.get $c) (i32.const 2048)))
    (loop $words
      (i32.store offset=256 (local.get $to)
        (i32.mul (i32.rotl (i32.mul (local.get $b) (i32.const 5)) (i32.const 7)) (i32.const 9)))
      (local.set $t (i32.shl (local.get $b) (i32.const 9)))
      (local.set $p (i32.xor (local.get $p) (local.get $a)))
      (local.set $d (i32.xor (local.get $d) (local.get $b)))
      (local.set $b (i32.xor (local.get $b) (local.get $p)))
      (local.set $a (i32.xor (local.get $a) (local.get $d)))
      (local.set $p (i32.xor (local.get $p) (local.get $t)))
      (local.set $d (i32.rotl (local.get $d) (i32.const 11)))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      (br_if $words (i32.lt_u (local.get $to) (local.get $end))))
    (i32.store (local.get $c) (local.get $a))
    (i32.store offset=4 (local.get $c) (local.get $b))
    (i32.store offset=8 (local.get $c) (local.get $p))
    (i32.store offset=12 (local.get $c) (local.get $d)))

  ;; Fills the places that are drawn of $count deals from $deal on.
  (func (export "dealRuns") (param $c i32) (param $deal i32) (param $count i32)
    (local $at i32) (local $upper i32) (local $half i32) (local $live i32) (local $blanks i32) (local $blank i32)
    (local $drawn i32) (local $n i32) (local $product i32) (local $card i32) (local $place i32) (local $other i32)
    (local $toCome i32) (local $stratum i32) (local $i i32) (local $taken i64) (local $word i32)
    (local.set $at (i32.load offset=16 (local.get $c)))
    (local.set $upper (i32.load offset=20 (local.get $c)))
    (local.set $live (i32.load offset=24 (local.get $c)))
    (local.set $blanks (i32.load offset=28 (local.get $c)))
    (local.set $toCome (i32.load offset=36 (local.get $c)))
    (local.set $stratum (i32.load offset=40 (local.get $c)))
    (block $dealt (loop $deals
      (br_if $dealt (i32.eqz (local.get $count)))
      (local.set $taken (i64.const 0))
      (if (local.get $toCome) (then
        (local.set $i (i32.const 0))
        (loop $completion
          (local.set $card (i32.load8_u offset=2816 (i32.add (local.get $c)
            (i32.add (i32.mul (local.get $stratum) (local.get $toCome)) (local.get $i)))))
          (i32.store8 (i32.add (local.get $deal) (i32.add (i32.load offset=52 (local.get $c)) (local.get $i))) (local.get $card))
          (local.set $taken (i64.or (local.get $taken) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $card)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $completion (i32.lt_u (local.get $i) (local.get $toCome))))
        (local.set $stratum (i32.add (local.get $stratum) (i32.load offset=44 (local.get $c))))
        (if (i32.ge_u (local.get $stratum) (i32.load offset=48 (local.get $c)))
          (then (local.set $stratum (i32.sub (local.get $stratum) (i32.load offset=48 (local.get $c))))))))
      ;; Fisher and Yates, as far as cards are needed
      (local.set $drawn (i32.const 0))
      (local.set $blank (i32.const 0))
      (block $filled (loop $places
        (br_if $filled (i32.ge_u (local.get $blank) (local.get $blanks)))
        (local.set $n (i32.sub (local.get $live) (local.get $drawn)))
        (loop $refused
          (if (i32.ge_s (local.get $upper) (i32.const 0))
            (then
              (local.set $half (local.get $upper))
              (local.set $upper (i32.const -1)))
            (else
              (if (i32.eq (local.get $at) (i32.const 512)) (then
                (call $refill (local.get $c))
                (local.set $at (i32.const 0))))
              (local.set $word (i32.load offset=256 (i32.add (local.get $c) (i32.shl (local.get $at) (i32.const 2)))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (local.set $upper (i32.shr_u (local.get $word) (i32.const 16)))
              (local.set $half (i32.and (local.get $word) (i32.const 0xffff)))))
          (local.set $product (i32.mul (local.get $half) (local.get $n)))
          (br_if $refused (i32.lt_u (i32.and (local.get $product) (i32.const 0xffff))
            (i32.load16_u offset=2304 (i32.add (local.get $c) (i32.shl (local.get $n) (i32.const 1)))))))
        (local.set $place (i32.add (local.get $c) (local.get $drawn)))
        (local.set $other (i32.add (local.get $place) (i32.shr_u (local.get $product) (i32.const 16))))
        (local.set $card (i32.load8_u offset=64 (local.get $other)))
        (i32.store8 offset=64 (local.get $other) (i32.load8_u offset=64 (local.get $place)))
        (i32.store8 offset=64 (local.get $place) (local.get $card))
        (local.set $drawn (i32.add (local.get $drawn) (i32.const 1)))
        (br_if $places (i32.wrap_i64 (i64.and (i64.const 1) (i64.shr_u (local.get $taken) (i64.extend_i32_u (local.get $card))))))
        (i32.store8 (i32.add (local.get $deal) (i32.load8_u offset=128 (i32.add (local.get $c) (local.get $blank)))) (local.get $card))
        (local.set $blank (i32.add (local.get $blank) (i32.const 1)))
        (br $places)))
      (local.set $deal (i32.add (local.get $deal) (i32.load offset=32 (local.get $c))))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $deals)))
    (i32.store offset=16 (local.get $c) (local.get $at))
    (i32.store offset=20 (local.get $c) (local.get $upper))
    (i32.store offset=40 (local.get $c) (local.get $stratum)))

  ;; Counts the showdowns of $count deals from $deal on, whose values by board and player are at $values. The share classes
  ;; on the top board take the place of the values, a byte for each player of each deal.
  (func (export "countDeals") (param $c i32) (param $deal i32) (param $values i32) (param $count i32)
    (local $boards i32) (local $players i32) (local $board i32) (local $player i32) (local $best i32) (local $sharers i32)
    (local $value i32) (local $class i32) (local $cell i32) (local $card i32) (local $next i32) (local $of i32) (local $out i32)
    (local $classes i32) (local $ofPlayer i32) (local $width i32)
    (local.set $boards (i32.load offset=5120 (local.get $c)))
    (local.set $players (i32.load offset=5124 (local.get $c)))
    (local.set $classes (i32.load offset=5128 (local.get $c)))
    (local.set $width (i32.load offset=32 (local.get $c)))
    (local.set $ofPlayer (i32.mul (local.get $classes) (i32.const 36)))
    (local.set $out (local.get $values))
    (block $done (loop $deals
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $board (i32.const 0))
      (local.set $cell (i32.add (local.get $c) (i32.load offset=5132 (local.get $c))))
      (loop $eachBoard
        (local.set $best (i32.const 0))
        (local.set $sharers (i32.const 0))
        (local.set $player (i32.const 0))
        (loop $strongest
          (local.set $value (i32.load16_u (i32.add (local.get $values) (i32.shl (local.get $player) (i32.const 1)))))
          (local.set $sharers (select (i32.const 1) (i32.add (local.get $sharers) (i32.eq (local.get $value) (local.get $best)))
            (i32.gt_u (local.get $value) (local.get $best))))
          (local.set $best (select (local.get $value) (local.get $best) (i32.gt_u (local.get $value) (local.get $best))))
          (local.set $player (i32.add (local.get $player) (i32.const 1)))
          (br_if $strongest (i32.lt_u (local.get $player) (local.get $players))))
        (local.set $of (i32.add (local.get $c) (i32.shl (local.get $board) (i32.const 4))))
        (local.set $player (i32.const 0))
        (loop $each
          (local.set $value (i32.load16_u (local.get $values)))
          (local.set $values (i32.add (local.get $values) (i32.const 2)))
          (local.set $class (select (local.get $sharers) (i32.const 0) (i32.eq (local.get $value) (local.get $best))))
          (i32.store8 offset=5160 (i32.add (local.get $of) (local.get $player)) (local.get $class))
          (local.set $next (i32.add (local.get $cell) (i32.shl (i32.add (local.get $class)
            (i32.mul (local.get $classes) (i32.load8_u offset=1653734 (local.get $value)))) (i32.const 2))))
          (i32.store (local.get $next) (i32.add (i32.load (local.get $next)) (i32.const 1)))
          (local.set $cell (i32.add (local.get $cell) (local.get $ofPlayer)))
          (local.set $player (i32.add (local.get $player) (i32.const 1)))
          (br_if $each (i32.lt_u (local.get $player) (local.get $players))))
        (local.set $best (i32.load offset=5144 (i32.add (local.get $c) (i32.shl (local.get $board) (i32.const 2)))))
        (if (local.get $best) (then
          (local.set $card (i32.load offset=5152 (i32.add (local.get $c) (i32.shl (local.get $board) (i32.const 2)))))
          (block $seen (loop $cards
            (br_if $seen (i32.ge_u (local.get $card) (i32.const 5)))
            (local.set $value (i32.add (i32.add (local.get $c) (local.get $best)) (i32.shl (i32.mul (local.get $classes)
              (i32.mul (local.get $players)
                (i32.load8_u (i32.add (local.get $deal) (i32.add (i32.mul (local.get $board) (i32.const 5)) (local.get $card))))))
              (i32.const 2))))
            (local.set $player (i32.const 0))
            (loop $each
              (local.set $next (i32.add (local.get $value)
                (i32.shl (i32.load8_u offset=5160 (i32.add (local.get $of) (local.get $player))) (i32.const 2))))
              (i32.store (local.get $next) (i32.add (i32.load (local.get $next)) (i32.const 1)))
              (local.set $value (i32.add (local.get $value) (i32.shl (local.get $classes) (i32.const 2))))
              (local.set $player (i32.add (local.get $player) (i32.const 1)))
              (br_if $each (i32.lt_u (local.get $player) (local.get $players))))
            (local.set $card (i32.add (local.get $card) (i32.const 1)))
            (br $cards)))))
        (local.set $board (i32.add (local.get $board) (i32.const 1)))
        (br_if $eachBoard (i32.lt_u (local.get $board) (local.get $boards))))
      (local.set $cell (i32.add (local.get $c) (i32.load offset=5136 (local.get $c))))
      (local.set $player (i32.const 0))
      (loop $each
        (local.set $class (i32.load8_u offset=5160 (i32.add (local.get $c) (local.get $player))))
        (i32.store8 (i32.add (local.get $out) (local.get $player)) (local.get $class))
        (if (i32.eq (local.get $boards) (i32.const 2)) (then
          (local.set $next (i32.add (local.get $cell) (i32.shl (i32.add (i32.mul (local.get $class) (local.get $classes))
            (i32.load8_u offset=5176 (i32.add (local.get $c) (local.get $player)))) (i32.const 2))))
          (i32.store (local.get $next) (i32.add (i32.load (local.get $next)) (i32.const 1)))
          (local.set $cell (i32.add (local.get $cell) (i32.shl (i32.mul (local.get $classes) (local.get $classes)) (i32.const 2))))))
        (local.set $player (i32.add (local.get $player) (i32.const 1)))
        (br_if $each (i32.lt_u (local.get $player) (local.get $players))))
      (local.set $out (i32.add (local.get $out) (local.get $players)))
      (local.set $deal (i32.add (local.get $deal) (local.get $width)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $deals)))))
