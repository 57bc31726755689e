// SPDX-License-Identifier: MIT
// Writes the transaction file `tx.json` from what a step says: the one byte sequence that its infohash is taken of.
pragma solidity 0.8.37;

import {Packed} from "./Packed.sol";
import {Text} from "./Text.sol";
import {Asset, ENTERED} from "../types/Asset.sol";
import {Flow} from "../types/Flow.sol";
import {Rules} from "../types/Rules.sol";
import {Swap} from "../types/Swap.sol";

/// @title Canonical JSON of transactions (RFC 8785)
/// @dev Nothing is ever parsed or escaped: memo characters that would need it are invalid. Layout: docs/protocol.md, section 2.
library TransactionFile {
    /// @dev Bytes that any file fits into, section 2.
    uint256 internal constant MAX_FILE = 1536;

    /// @notice The file of a transfer, a request or an issuance.
    /// @param sender the address recovered from the signature
    /// @param packed the packed transaction; it has a shape, and an asset of one of the two kinds if it has one
    function write(Rules memory rules, address sender, bytes calldata packed) internal pure returns (bytes memory file) {
        uint256 next;
        (file, next) = _begin();
        next = _asset(Text.literal(next, '{"', 2), Packed.asset(packed));
        address to = Packed.payee(packed);
        if (Packed.isRequest(packed)) {
            next = Text.literal(next, 'bridge":{"chain":"', 18);
            next = Text.decimal(next, rules.chain);
            next = Text.literal(next, '","to":"0x', 10);
            next = Text.hexadecimal(next, bytes20(to), 20);
            next = Text.literal(next, '"},"', 4);
            to = rules.bridge;
        }
        next = Text.literal(next, 'from":"0x', 9);
        next = Text.hexadecimal(next, bytes20(sender), 20);
        uint256 tokens = Packed.tokens(packed);
        bool issues = Packed.isIssuance(packed);
        if (issues) next = Text.decimal(Text.literal(next, '","issued":"', 12), tokens);
        next = Text.literal(_memo(next, Packed.memo(packed)), '",', 2);
        next = _prev(next, Packed.prevs(packed), Packed.prevCount(packed));
        next = _signature(next, bytes32(Packed.r(packed)), bytes32(Packed.s(packed)), Packed.v(packed));
        next = _time(next, Packed.time(packed));
        next = Text.literal(next, ',"to":"0x', 9);
        _end(file, next, to, issues, tokens);
    }

    /// @notice The file into which a queue entry turns that credits somebody.
    /// @param index number of the entry in its lane
    /// @param asset that was entered, or TTX
    /// @param to the TTX address that is credited
    /// @param credit base units; of TTX what is left after the fee
    function writeDeposit(Rules memory rules, uint256 index, Asset asset, address to, uint256 credit)
        internal
        pure
        returns (bytes memory file)
    {
        uint256 next;
        (file, next) = _begin();
        next = _asset(Text.literal(next, '{"deposit":{"', 13), asset);
        next = Text.literal(next, 'bridge":"0x', 11);
        next = Text.hexadecimal(next, bytes20(rules.bridge), 20);
        next = Text.literal(next, '","chain":"', 11);
        next = Text.decimal(next, rules.chain);
        next = Text.literal(next, '","index":"', 11);
        next = Text.decimal(next, index);
        next = Text.literal(next, '"},"prev":null,"to":"0x', 23);
        _end(file, next, to, false, credit);
    }

    /// @notice The file of a take, within which the offer is as its own file has it.
    /// @param memo of the take
    function writeTake(Swap memory swap, bytes calldata memo) internal pure returns (bytes memory file) {
        uint256 next;
        (file, next) = _begin();
        next = Text.literal(next, '{"from":"0x', 11);
        next = Text.hexadecimal(next, bytes20(swap.want.from), 20);
        next = _memo(next, memo);
        next = Text.literal(next, '","offer":{"from":"0x', 21);
        next = Text.hexadecimal(next, bytes20(swap.give.from), 20);
        next = _amount(Text.literal(next, '","give":{"', 11), swap.give);
        next = _prev(Text.literal(next, ',', 1), swap.give.prevs, swap.give.count);
        next = _signature(next, swap.offer.r, swap.offer.s, swap.offer.v);
        if (swap.isNamed) {
            next = Text.literal(next, '","taker":"0x', 13);
            next = Text.hexadecimal(next, bytes20(swap.taker), 20);
        }
        next = _time(next, swap.offer.time);
        next = _amount(Text.literal(next, ',"want":{"', 10), swap.want);
        next = _prev(Text.literal(next, '},', 2), swap.want.prevs, swap.want.count);
        next = _signature(next, swap.take.r, swap.take.s, swap.take.v);
        next = _time(next, swap.take.time);
        _cut(file, Text.literal(next, '}', 1));
    }

    /// @dev An array that any file fits into, and where its text begins.
    function _begin() private pure returns (bytes memory file, uint256 next) {
        file = new bytes(MAX_FILE + Text.SLACK);
        // Safe: only computes a pointer.
        assembly ("memory-safe") {
            next := add(file, 32)
        }
    }

    /// @dev Writes the members with which every file ends, the last unless it issues, and cuts the array to what was written.
    function _end(bytes memory file, uint256 next, address to, bool issues, uint256 tokens) private pure {
        next = Text.hexadecimal(next, bytes20(to), 20);
        if (!issues) next = Text.decimal(Text.literal(next, '","tokens":"', 12), tokens);
        _cut(file, Text.literal(next, '"}', 2));
    }

    /// @dev Cuts the array to what was written.
    function _cut(bytes memory file, uint256 end) private pure {
        // Safe: a file has at most MAX_FILE bytes, for which the array was allocated.
        assembly ("memory-safe") {
            mstore(file, sub(end, add(file, 32)))
        }
    }

    /// @dev The members of an amount, behind its first quote, up to its brace.
    function _amount(uint256 next, Flow memory flow) private pure returns (uint256) {
        next = Text.literal(_asset(next, flow.asset), 'tokens":"', 9);
        return Text.literal(Text.decimal(next, flow.paid), '"}', 2);
    }

    /// @dev The member behind the array of what is spent, up to its last digit.
    function _signature(uint256 next, bytes32 r, bytes32 s, uint256 v) private pure returns (uint256) {
        next = Text.literal(next, ',"signature":"0x', 16);
        next = Text.hexadecimal(Text.hexadecimal(next, r, 32), s, 32);
        return Text.literal(next, v == 27 ? bytes32('1b') : bytes32('1c'), 2);
    }

    /// @dev The member behind the last digit of a text.
    function _time(uint256 next, uint256 time) private pure returns (uint256) {
        return Text.decimal(Text.literal(next, '","time":', 9), time);
    }

    /// @dev The member that comes first where there is another asset than TTX, up to the name of the next one.
    function _asset(uint256 next, Asset asset) private pure returns (uint256) {
        uint256 kind = asset.kindOf();
        if (kind == 0) return next;
        next = Text.literal(next, 'asset":"0x', kind == ENTERED ? 10 : 8);
        next = Text.hexadecimal(next, asset.idOf(), 20);
        return Text.literal(next, '","', 3);
    }

    function _memo(uint256 next, bytes calldata memo) private pure returns (uint256) {
        if (memo.length != 0) {
            next = Text.literal(next, '","memo":"', 10);
            // Safe: at most 140 bytes, inside of the array that `_begin` allocated.
            assembly ("memory-safe") {
                calldatacopy(next, memo.offset, memo.length)
                next := add(next, memo.length)
            }
        }
        return next;
    }

    /// @dev The whole member.
    function _prev(uint256 next, uint256 prevs, uint256 count) private pure returns (uint256) {
        next = Text.literal(next, '"prev":[', 8);
        for (uint256 i = 0; i < count; i++) {
            next = Text.literal(next, i == 0 ? bytes32('"') : bytes32(',"'), i == 0 ? 1 : 2);
            next = Text.hexadecimal(next, Packed.prevAt(prevs, i), 20);
            next = Text.literal(next, '"', 1);
        }
        return Text.literal(next, ']', 1);
    }
}
