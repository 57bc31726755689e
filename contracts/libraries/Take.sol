// SPDX-License-Identifier: MIT
// Packed takes: which bytes have the shape of one, and what it says.
pragma solidity 0.8.37;

import {Asset} from "../types/Asset.sol";
import {Flow} from "../types/Flow.sol";
import {Signed, Swap} from "../types/Swap.sol";

/// @title The tight binary form of a take, with the offer within it
/// @dev Layout: docs/protocol.md, sections 2.8 and 2.9. `sizeOf` is total; `read` expects exactly one take that has a shape.
library Take {
    /// @dev Bytes before the rest of the offer: flags, length of the memo, flags of the offer, time, r, s.
    uint256 private constant FIXED = 72;
    /// @dev Of the rest of an offer: time, r, s, and two amounts.
    uint256 private constant OFFER_FIXED = 101;
    uint256 private constant ASSET = 21;
    uint256 private constant INFOHASH = 20;

    /// @notice Bytes of the take that begins with this word, whatever is behind it; 0 if that is the beginning of none. The length of a memo is
    /// not judged.
    function sizeOf(uint256 word) internal pure returns (uint256 size) {
        uint256 flags = word >> 248;
        uint256 offerFlags = word >> 232 & 0xff;
        // A take, with a count and v; an offer without its two highest bits.
        if (flags & 0xf4 != 0x80 || offerFlags > 0x3f) return 0;
        // Safe: all parts are below 1,000.
        unchecked {
            return FIXED + _offerSize(offerFlags) + INFOHASH * ((flags & 3) + 1) + (word >> 240 & 0xff);
        }
    }

    /// @notice What it says.
    function read(bytes calldata packed) internal pure returns (Swap memory swap) {
        uint256 place = _at(packed);
        uint256 word = _word(place);
        uint256 flags = word >> 248;
        uint256 offerFlags = word >> 232 & 0xff;
        swap.offerHash = _offerHash(place, offerFlags);
        _readSigned(swap.take, place + 3, flags >> 3);
        place += FIXED;
        _readSigned(swap.offer, place, offerFlags >> 4);
        place += 69;
        swap.givesAsset = offerFlags & 4 != 0;
        swap.wantsAsset = offerFlags & 8 != 0;
        place = _readAmount(swap.give, place, swap.givesAsset);
        place = _readAmount(swap.want, place, swap.wantsAsset);
        if (offerFlags & 0x20 != 0) {
            swap.isNamed = true;
            swap.taker = address(uint160(_word(place) >> 96));
            place += 20;
        }
        (swap.give.prevs, swap.give.count) = (place, (offerFlags & 3) + 1);
        place += INFOHASH * swap.give.count;
        (swap.want.prevs, swap.want.count) = (place, (flags & 3) + 1);
    }

    /// @notice The memo, empty where there is none.
    function memo(bytes calldata packed, Swap memory swap) internal pure returns (bytes calldata rest) {
        uint256 begin = swap.want.prevs + INFOHASH * swap.want.count;
        // Safe: only makes a reference to the end of `packed`, which has a shape.
        assembly ("memory-safe") {
            rest.offset := begin
            rest.length := sub(add(packed.offset, packed.length), begin)
        }
    }

    /// @dev Bytes of a packed offer behind its flags.
    function _offerSize(uint256 flags) private pure returns (uint256) {
        // Safe: small numbers.
        unchecked {
            uint256 assets = (flags >> 2 & 1) + (flags >> 3 & 1);
            return OFFER_FIXED + ASSET * assets + 20 * (flags >> 5 & 1) + INFOHASH * ((flags & 3) + 1);
        }
    }

    /// @dev The flags of the offer are apart from its rest.
    function _offerHash(uint256 place, uint256 offerFlags) private pure returns (bytes32 digest) {
        uint256 size = _offerSize(offerFlags);
        // Safe: writes less than 300 bytes behind the free memory pointer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, offerFlags)
            calldatacopy(add(free, 1), add(place, FIXED), size)
            digest := keccak256(free, add(size, 1))
        }
    }

    /// @dev time(5) ‖ r(32) ‖ s(32), with the last bit of `v` from elsewhere.
    function _readSigned(Signed memory signed, uint256 place, uint256 v) private pure {
        signed.time = _word(place) >> 216;
        signed.r = bytes32(_word(place + 5));
        signed.s = bytes32(_word(place + 37));
        signed.v = 27 + (v & 1);
    }

    /// @dev Both amounts leave the one and arrive at the other as they are.
    function _readAmount(Flow memory flow, uint256 place, bool hasAsset) private pure returns (uint256 next) {
        uint256 tokens = _word(place) >> 128;
        (flow.least, flow.spent, flow.paid) = (tokens, tokens, tokens);
        next = place + 16;
        if (!hasAsset) return next;
        Asset asset = Asset.wrap(bytes32(_word(next) >> 88 << 88));
        (flow.asset, flow.paidAsset) = (asset, asset);
        next += ASSET;
    }

    function _at(bytes calldata packed) private pure returns (uint256 place) {
        // Safe: only computes a position in the calldata.
        assembly ("memory-safe") {
            place := packed.offset
        }
    }

    function _word(uint256 place) private pure returns (uint256 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(place)
        }
    }
}
