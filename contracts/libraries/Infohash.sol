// SPDX-License-Identifier: MIT
// The id of a transaction: the BitTorrent v1 infohash of a folder `tx` with one file `tx.json` (BEP 3).
pragma solidity 0.8.37;

import {Sha1} from "./Sha1.sol";
import {Text} from "./Text.sol";

/// @title Infohash of a transaction file
library Infohash {
    /// @dev The info dictionary: 82 bytes of text, 20 of SHA-1, the end, and the decimal length.
    uint256 private constant MAX_INFO = 128;

    /// @notice The infohash of the torrent that holds `file` as `tx/tx.json`.
    /// @param file at most 16,384 bytes: one piece
    function ofFile(bytes memory file) internal pure returns (bytes20) {
        bytes memory info = new bytes(MAX_INFO + Text.SLACK);
        uint256 start;
        // Safe: only reads a pointer.
        assembly ("memory-safe") {
            start := add(info, 32)
        }
        uint256 next = Text.literal(start, "d5:filesld6:lengthi", 19);
        next = Text.decimal(next, file.length);
        next = Text.literal(next, "e4:pathl7:tx.jsoneee4:name2:tx12", 32);
        next = Text.literal(next, ":piece lengthi16384e6:pieces20:", 31);
        next = Text.literal(next, Sha1.hash(file), 20);
        next = Text.literal(next, "e", 1);
        // Safe: shortens the array to what was written, which is below its allocated length.
        assembly ("memory-safe") {
            mstore(info, sub(next, start))
        }
        return Sha1.hash(info);
    }
}
