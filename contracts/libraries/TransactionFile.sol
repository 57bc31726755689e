// SPDX-License-Identifier: MIT
// Writes the transaction file `tx.json` from what a step says: the one byte sequence that its infohash is taken of.
pragma solidity 0.8.37;

import {Packed} from "./Packed.sol";
import {Text} from "./Text.sol";
import {Asset, ENTERED} from "../types/Asset.sol";
import {Rules} from "../types/Rules.sol";

/// @title Canonical JSON of transactions (RFC 8785)
/// @dev Nothing is ever parsed or escaped: memo characters that would need it are invalid. Layout: docs/protocol.md, section 2.
library TransactionFile {
    /// @dev Bytes that any file fits into, section 2.
    uint256 internal constant MAX_FILE = 1024;

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
        next = _memo(next, Packed.memo(packed));
        next = _prev(next, packed);
        next = Text.literal(next, '],"signature":"0x', 17);
        next = Text.hexadecimal(next, bytes32(Packed.r(packed)), 32);
        next = Text.hexadecimal(next, bytes32(Packed.s(packed)), 32);
        next = Text.literal(next, Packed.v(packed) == 27 ? bytes32('1b","time":') : bytes32('1c","time":'), 11);
        next = Text.decimal(next, Packed.time(packed));
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
        next = Text.literal(next, '"}', 2);
        // Safe: a file has at most MAX_FILE bytes, for which the array was allocated.
        assembly ("memory-safe") {
            mstore(file, sub(next, add(file, 32)))
        }
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

    function _prev(uint256 next, bytes calldata packed) private pure returns (uint256) {
        uint256 count = Packed.prevCount(packed);
        for (uint256 i = 0; i < count; i++) {
            next = i == 0 ? Text.literal(next, '","prev":["', 11) : Text.literal(next, ',"', 2);
            next = Text.hexadecimal(next, Packed.prev(packed, i), 20);
            next = Text.literal(next, '"', 1);
        }
        return next;
    }
}
