// SPDX-License-Identifier: MIT
// Fuzz tests of SHA-1, of the text writer and of the infohash against plain versions of themselves.
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Infohash} from "../../../contracts/libraries/Infohash.sol";
import {Sha1} from "../../../contracts/libraries/Sha1.sol";
import {Text} from "../../../contracts/libraries/Text.sol";

contract Sha1Test {
    function testKnownDigests() external pure {
        require(Sha1.hash("") == hex"da39a3ee5e6b4b0d3255bfef95601890afd80709", "empty");
        require(Sha1.hash("abc") == hex"a9993e364706816aba3e25717850c26c9cd0d89d", "abc");
        bytes memory two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        require(Sha1.hash(two) == hex"84983e441c3bd26ebaae4aa1f95129e5e54670f1", "two blocks");
    }

    function testEveryLengthAroundThreeBlocks() external pure {
        for (uint256 length = 0; length < 200; length++) {
            bytes memory data = new bytes(length);
            for (uint256 i = 0; i < length; i++) data[i] = bytes1(uint8(251 * i + length));
            require(Sha1.hash(data) == _plainSha1(data), "digest");
        }
    }

    function testFuzzDigestIsThatOfThePlainAlgorithm(bytes calldata data) external pure {
        require(Sha1.hash(data) == _plainSha1(data), "digest");
    }

    function testFuzzDigestLeavesMemoryAsItWas(bytes memory data, bytes32 mark) external pure {
        bytes32 before = keccak256(data);
        bytes memory behind = abi.encode(mark);
        Sha1.hash(data);
        require(keccak256(data) == before && abi.decode(behind, (bytes32)) == mark, "memory");
        bytes memory fresh = new bytes(512);
        for (uint256 i = 0; i < 512; i++) require(fresh[i] == 0, "fresh memory is not zero");
    }

    function testFuzzTextIsThatOfOpenZeppelin(uint256 number, bytes32 data, uint8 count) external pure {
        uint256 width = count % 33;
        bytes memory text = new bytes(256 + Text.SLACK);
        uint256 start;
        assembly ("memory-safe") {
            start := add(text, 32)
        }
        uint256 next = Text.decimal(start, number);
        next = Text.literal(next, "|", 1);
        next = Text.decimal(next, number % 1000);
        next = Text.literal(next, "|0x", 3);
        next = Text.hexadecimal(next, data, width);
        next = Text.literal(next, "|", 1);
        assembly ("memory-safe") {
            mstore(text, sub(next, start))
        }
        string memory digits = Strings.toHexString(width == 0 ? 0 : uint256(data) >> (256 - 8 * width), width);
        string memory wanted =
            string.concat(Strings.toString(number), "|", Strings.toString(number % 1000), "|", digits, "|");
        require(keccak256(text) == keccak256(bytes(wanted)), "text");
    }

    function testFuzzInfohashIsThatOfThePlainDictionary(bytes calldata file) external pure {
        bytes memory info = abi.encodePacked(
            "d5:filesld6:lengthi",
            Strings.toString(file.length),
            "e4:pathl7:tx.jsoneee4:name2:tx12:piece lengthi16384e6:pieces20:",
            _plainSha1(file),
            "e"
        );
        require(Infohash.ofFile(file) == _plainSha1(info), "infohash");
    }

    /// @dev FIPS 180-4, section 6.1.2, word for word.
    function _plainSha1(bytes memory data) private pure returns (bytes20) {
        unchecked {
            bytes memory message = abi.encodePacked(data, bytes1(0x80));
            while (message.length % 64 != 56) message = abi.encodePacked(message, bytes1(0));
            message = abi.encodePacked(message, uint64(8 * data.length));
            uint32[5] memory h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
            for (uint256 block_ = 0; block_ < message.length; block_ += 64) {
                uint32[80] memory w;
                for (uint256 t = 0; t < 80; t++) {
                    w[t] = t < 16
                        ? uint32(_word(message, block_ + 4 * t))
                        : _rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
                }
                uint32[5] memory v = [h[0], h[1], h[2], h[3], h[4]];
                for (uint256 t = 0; t < 80; t++) {
                    uint32 next = _rotate(v[0], 5) + _mix(t, v[1], v[2], v[3]) + v[4] + w[t];
                    v = [next, v[0], _rotate(v[1], 30), v[2], v[3]];
                }
                for (uint256 i = 0; i < 5; i++) h[i] += v[i];
            }
            return bytes20(abi.encodePacked(h[0], h[1], h[2], h[3], h[4]));
        }
    }

    function _mix(uint256 t, uint32 b, uint32 c, uint32 d) private pure returns (uint32) {
        unchecked {
            if (t < 20) return ((b & c) ^ (~b & d)) + 0x5a827999;
            if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
            if (t < 60) return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
            return (b ^ c ^ d) + 0xca62c1d6;
        }
    }

    function _rotate(uint32 x, uint32 by) private pure returns (uint32) {
        return (x << by) | (x >> (32 - by));
    }

    function _word(bytes memory data, uint256 offset) private pure returns (uint256 word) {
        for (uint256 i = 0; i < 4; i++) word = (word << 8) | uint8(data[offset + i]);
    }
}
