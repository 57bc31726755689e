// SPDX-License-Identifier: MIT
// The step function: what a step makes of a state, or why it is invalid, as the contract replays it from a witness.
pragma solidity 0.8.37;

import {Fee} from "./Fee.sol";
import {Infohash} from "./Infohash.sol";
import {Packed} from "./Packed.sol";
import {Step} from "./Step.sol";
import {TransactionFile} from "./TransactionFile.sol";
import {Cursor, Tree} from "./Tree.sol";
import {TypedData} from "./TypedData.sol";
import {Asset, ENTERED, ISSUED, TTX, assetOf} from "../types/Asset.sol";
import {Reason} from "../types/Reason.sol";
import {Rules} from "../types/Rules.sol";

/// @title One state and one step give the next state
/// @notice Total: whatever bytes a block calls a step, and whatever entries the tree of `pre` has, there is a reason or a state. It
/// only reverts for a witness that does not open `pre` (`IBridge.BadWitness`).
/// @dev Nothing here relies on an account holding the sum of its outputs, or on all money fitting 128 bits: a parent's state may be a
/// lie, and a step without an answer could not be refuted, whatever its block states after it.
/// @dev Rules and their order: docs/protocol.md, section 4. Work is bounded: 8 inputs, 13 openings of at most 160 levels.
library Apply {
    /// @dev Bit c is set if a memo may contain character c: 0x20 to 0x7e without `"` and `\`.
    uint256 private constant MEMO_CHARACTERS = ((1 << 0x7f) - (1 << 0x20)) & ~uint256((1 << 0x22) | (1 << 0x5c));
    /// @dev The most that an entry can hold.
    uint256 private constant MAX_VALUE = type(uint128).max;

    /// @notice Applies a packed step.
    /// @param pre root of the state before
    /// @param queueIndex number of a deposit or an entry of an asset in its lane
    /// @param witness the openings that the step needs, section 3.1
    /// @return reason why the step is invalid, or None
    /// @return post root of the state after; `pre` unless `reason` is None
    /// @return growth entries that the state has more, modulo 2^256; means nothing unless `reason` is None
    function applyStep(Rules memory rules, bytes32 pre, uint256 queueIndex, bytes calldata step, bytes calldata witness)
        internal
        pure
        returns (Reason reason, bytes32 post, uint256 growth)
    {
        Cursor memory cursor = Tree.start(pre, witness);
        if (step.length == 0 || Step.sizeAt(step, 0) != step.length) {
            reason = Reason.Malformed;
        } else {
            uint256 kind = Step.kindAt(step, 0);
            uint256 effect = Step.EFFECT.ofKind(kind);
            if (effect == Step.CREDIT) {
                _deposit(rules, cursor, queueIndex, step);
            } else if (effect == Step.CREDIT_ASSET) {
                _enter(rules, cursor, queueIndex, step);
            } else if (effect == Step.APPLY) {
                reason = _transaction(rules, cursor, step[Step.HEAD.ofKind(kind):]);
            }
        }
        return _finish(cursor, reason, pre);
    }

    /// @notice Applies a packed transaction, or says why it is invalid, as `applyStep` does with one that a step carries.
    /// @param packed any bytes
    function applyTransaction(Rules memory rules, bytes32 pre, bytes calldata packed, bytes calldata witness)
        internal
        pure
        returns (Reason reason, bytes32 post, uint256 growth)
    {
        Cursor memory cursor = Tree.start(pre, witness);
        if (packed.length == 0 || Packed.sizeAt(packed, 0) != packed.length) reason = Reason.Malformed;
        else reason = _transaction(rules, cursor, packed);
        return _finish(cursor, reason, pre);
    }

    /// @dev The whole witness must have been used, also where the step is invalid.
    function _finish(Cursor memory cursor, Reason reason, bytes32 pre) private pure returns (Reason, bytes32, uint256) {
        bytes32 root = Tree.finish(cursor);
        return (reason, reason == Reason.None ? root : pre, cursor.growth);
    }

    function _deposit(Rules memory rules, Cursor memory cursor, uint256 queueIndex, bytes calldata step) private pure {
        uint256 credit = Fee.netOf(Step.depositGrossAt(step, 0));
        _consume(rules, cursor, queueIndex, TTX, Step.depositToAt(step, 0), credit);
    }

    function _enter(Rules memory rules, Cursor memory cursor, uint256 queueIndex, bytes calldata step) private pure {
        Asset asset = assetOf(ENTERED, bytes20(Step.entryAssetAt(step, 0)));
        _consume(rules, cursor, queueIndex, asset, Step.entryToAt(step, 0), Step.entryAmountAt(step, 0));
    }

    /// @dev Never invalid, since every block must consume it: what does not fit changes nothing.
    function _consume(
        Rules memory rules,
        Cursor memory cursor,
        uint256 queueIndex,
        Asset asset,
        address to,
        uint256 credit
    ) private pure {
        // The bridge queues nothing of nothing; if it did, it would change nothing.
        if (credit == 0) return;
        bytes20 infohash = Infohash.ofFile(TransactionFile.writeDeposit(rules, queueIndex, asset, to, credit));
        bytes32 pre = cursor.root;
        uint256 growth = cursor.growth;
        bool fits = _credit(cursor, Tree.outputKey(infohash, to, asset), credit) == Reason.None
            && _credit(cursor, Tree.accountKey(to, asset), credit) == Reason.None;
        if (!fits) (cursor.root, cursor.growth) = (pre, growth);
    }

    /// @dev `packed` has a shape.
    function _transaction(Rules memory rules, Cursor memory cursor, bytes calldata packed)
        private
        pure
        returns (Reason reason)
    {
        reason = _checkFields(rules, packed);
        if (reason != Reason.None) return reason;
        address sender = TypedData.sender(rules, packed);
        if (sender == address(0)) {
            TypedData.checkRecovery();
            return Reason.BadSignature;
        }
        bytes20 infohash = Infohash.ofFile(TransactionFile.write(rules, sender, packed));
        uint256 sum;
        (reason, sum) = _spend(cursor, sender, packed);
        if (reason != Reason.None) return reason;
        if (Packed.isIssuance(packed)) return _issue(cursor, infohash, sender, sum, packed);
        return _pay(cursor, infohash, sender, sum, packed);
    }

    /// @dev Section 4, transaction, item 1.
    function _checkFields(Rules memory rules, bytes calldata packed) private pure returns (Reason) {
        uint256 tokens = Packed.tokens(packed);
        if (tokens == 0) return Reason.ZeroTokens;

        bytes calldata memo = Packed.memo(packed);
        for (uint256 i = 0; i < memo.length; i++) {
            if ((MEMO_CHARACTERS >> uint8(memo[i])) & 1 == 0) return Reason.BadMemo;
        }

        uint256 count = Packed.prevCount(packed);
        for (uint256 i = 1; i < count; i++) {
            if (Packed.prev(packed, i) <= Packed.prev(packed, i - 1)) return Reason.BadPrev;
        }

        bool request = Packed.isRequest(packed);
        Asset asset = Packed.asset(packed);
        uint256 kind = asset.kindOf();
        if (kind != ENTERED && (kind == ISSUED ? request : Packed.hasAsset(packed))) return Reason.BadAsset;

        address payee = Packed.payee(packed);
        if (payee == address(0) || payee == rules.bridge) return Reason.BadPayee;
        if (request && (payee == rules.token || bytes20(payee) == asset.idOf())) return Reason.BadPayee;
        return request && kind != ENTERED && tokens < rules.minRequest ? Reason.BelowMinimum : Reason.None;
    }

    /// @dev Item 4: deletes the inputs and adds them up. At most 8 values below 2^128: no overflow.
    function _spend(Cursor memory cursor, address sender, bytes calldata packed)
        private
        pure
        returns (Reason reason, uint256 sum)
    {
        uint256 count = Packed.prevCount(packed);
        Asset asset = Packed.asset(packed);
        for (uint256 i = 0; i < count; i++) {
            uint256 value = Tree.open(cursor, Tree.outputKey(Packed.prev(packed, i), sender, asset));
            if (value == 0) return (Reason.MissingInput, 0);
            Tree.remove(cursor);
            sum += value;
        }
    }

    /// @dev Items 5 to 7: creates the outputs and moves the balances.
    function _pay(Cursor memory cursor, bytes20 infohash, address sender, uint256 sum, bytes calldata packed)
        private
        pure
        returns (Reason)
    {
        uint256 tokens = Packed.tokens(packed);
        if (sum < tokens) return Reason.Overspend;

        Asset asset = Packed.asset(packed);
        bool request = Packed.isRequest(packed);
        address payee = Packed.payee(packed);
        bool keepsAll = payee == sender && !request;
        uint256 rest = keepsAll ? sum : sum - tokens;
        if (rest > MAX_VALUE) return Reason.Overflow;
        if (!request && !keepsAll && !_create(cursor, infohash, payee, asset, tokens)) return Reason.OutputExists;
        if (rest != 0 && !_create(cursor, infohash, sender, asset, rest)) return Reason.OutputExists;
        if (keepsAll) return Reason.None;

        if (!_debit(cursor, Tree.accountKey(sender, asset), tokens)) return Reason.Overspend;
        return request ? Reason.None : _credit(cursor, Tree.accountKey(payee, asset), tokens);
    }

    /// @dev Issuance, items 5 to 7: the sender gets all inputs back, and the payee what is issued.
    function _issue(Cursor memory cursor, bytes20 infohash, address sender, uint256 sum, bytes calldata packed)
        private
        pure
        returns (Reason)
    {
        if (sum > MAX_VALUE) return Reason.Overflow;
        uint256 issued = Packed.tokens(packed);
        address payee = Packed.payee(packed);
        Asset asset = assetOf(ISSUED, infohash);
        if (!_create(cursor, infohash, payee, asset, issued)) return Reason.OutputExists;
        if (!_create(cursor, infohash, sender, TTX, sum)) return Reason.OutputExists;
        return _credit(cursor, Tree.accountKey(payee, asset), issued);
    }

    /// @dev Creates an output; false if it is there already, or its place is taken.
    function _create(Cursor memory cursor, bytes20 infohash, address owner, Asset asset, uint256 value)
        private
        pure
        returns (bool)
    {
        if (Tree.open(cursor, Tree.outputKey(infohash, owner, asset)) != 0 || Tree.isTaken(cursor)) return false;
        Tree.set(cursor, value);
        return true;
    }

    /// @dev Adds to an entry, which is created if it is absent; a reason if its place is taken, or it cannot hold that much. Both
    /// amounts are below 2^128, so that the sum does not overflow.
    function _credit(Cursor memory cursor, bytes32 key, uint256 amount) private pure returns (Reason) {
        uint256 value = Tree.open(cursor, key) + amount;
        if (Tree.isTaken(cursor)) return Reason.OutputExists;
        if (value > MAX_VALUE) return Reason.Overflow;
        Tree.set(cursor, value);
        return Reason.None;
    }

    /// @dev Takes from an account, which is deleted at zero; false if it has less.
    function _debit(Cursor memory cursor, bytes32 key, uint256 amount) private pure returns (bool) {
        uint256 value = Tree.open(cursor, key);
        if (value < amount) return false;
        if (value == amount) Tree.remove(cursor);
        else Tree.set(cursor, value - amount);
        return true;
    }
}
