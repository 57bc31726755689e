// SPDX-License-Identifier: MIT
// Fuzz tests of the state tree: what openings make of a root is what a rebuild from all entries gives.
pragma solidity 0.8.37;

import {Tree} from "../../contracts/libraries/Tree.sol";
import {ApplyHarness} from "./harness/ApplyHarness.sol";

contract TreeTest {
    ApplyHarness private immutable harness = new ApplyHarness();

    bytes32[] private keys;
    mapping(bytes32 key => uint256) private values;

    /// @dev Random writes to few keys that share long prefixes: inserts, replacements and deletions, also to the empty tree.
    function testFuzzRootAfterWritesIsThatOfARebuild(bytes32 seed, uint8 spread) external {
        bytes32 root;
        for (uint256 i = 0; i < 24; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            bytes32 key = _key(random % 12, spread);
            uint256 present = values[key];
            uint256 value = present != 0 && random >> 255 == 1 ? 0 : 1 + uint128(random >> 64) / 2;
            bytes memory witness = _opening(key, present != 0 && value == 0);
            (uint256 found, bytes32 next) = harness.touch(root, key, value, witness);
            require(found == present, "value");
            _write(key, value);
            root = _root(0, keys);
            require(next == root, "root");
        }
    }

    function testFuzzValueAbove128BitsIsNoState(bytes32 key, uint256 value) external view {
        key = bytes20(key);
        value |= 1 << 128;
        try harness.touch(0, key, value, hex"0000") {
            revert("accepted");
        } catch (bytes memory thrown) {
            require(keccak256(thrown) == keccak256(abi.encodeWithSelector(Tree.BadState.selector, key, value)), "error");
        }
    }

    function testFuzzRandomWitnessDoesNotOpen(bytes32 root, bytes32 key, bytes calldata witness) external view {
        if (root == 0) return;
        try harness.touch(root, bytes20(key), 1, witness) {
            revert("accepted");
        } catch (bytes memory thrown) {
            require(bytes4(thrown) == Tree.BadWitness.selector, "error");
        }
    }

    function testFuzzZeroDoesNotOpenAsALeaf(bytes20 key) external view {
        bytes32 root = Tree.hashLeaf(key, 0);
        try harness.touch(root, key, 1, abi.encodePacked(hex"0001", key, uint128(0))) {
            revert("accepted");
        } catch (bytes memory thrown) {
            require(bytes4(thrown) == Tree.BadWitness.selector, "error");
        }
    }

    function testFuzzKeysAreThoseOfThePlainPreimages(bytes20 infohash, address owner) external pure {
        bytes32 output = bytes20(keccak256(abi.encodePacked(uint8(0), infohash, owner)));
        bytes32 account = bytes20(keccak256(abi.encodePacked(uint8(1), owner)));
        bytes32 first = bytes32(uint256(1) << 255);
        require(Tree.outputKey(infohash, owner) == output & ~first, "output key");
        require(Tree.accountKey(owner) == account | first, "account key");
    }

    function testFuzzLeafIsThatOfThePlainPreimage(bytes20 key, uint128 value) external pure {
        require(Tree.hashLeaf(key, value) == keccak256(abi.encodePacked(uint8(0), key, value)), "leaf");
    }

    /// @dev Twelve keys; four bits of each are its own, and they begin at bit `spread`, modulo what is possible.
    function _key(uint256 index, uint8 spread) private pure returns (bytes32) {
        return bytes20(bytes32(((index * 0x9) & 0xf) << (252 - (spread % 157)) | index << 252 & (1 << 255)));
    }

    function _write(bytes32 key, uint256 value) private {
        if (values[key] == 0) keys.push(key);
        values[key] = value;
        if (value != 0) return;
        for (uint256 i = 0; i < keys.length; i++) {
            if (keys[i] != key) continue;
            keys[i] = keys[keys.length - 1];
            keys.pop();
            return;
        }
    }

    /// @dev Those of `all` whose bit `depth` is `side`.
    function _half(bytes32[] memory all, uint256 depth, uint256 side) private pure returns (bytes32[] memory half) {
        half = new bytes32[](all.length);
        uint256 count;
        for (uint256 i = 0; i < all.length; i++) {
            if ((uint256(all[i]) >> (255 - depth)) & 1 == side) half[count++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(half, count)
        }
    }

    function _root(uint256 depth, bytes32[] memory all) private view returns (bytes32) {
        if (all.length == 0) return 0;
        if (all.length == 1) return keccak256(abi.encodePacked(uint8(0), bytes20(all[0]), uint128(values[all[0]])));
        bytes32 left = _root(depth + 1, _half(all, depth, 0));
        return keccak256(abi.encodePacked(uint8(1), left, _root(depth + 1, _half(all, depth, 1))));
    }

    /// @dev The opening of `key`, with the preimage of its last sibling if it is then deleted.
    function _opening(bytes32 key, bool deleted) private view returns (bytes memory) {
        bytes32[] memory all = keys;
        bytes32[] memory other = new bytes32[](0);
        bytes memory siblings;
        uint256 depth;
        for (; all.length > 1; depth++) {
            uint256 side = (uint256(key) >> (255 - depth)) & 1;
            other = _half(all, depth, 1 - side);
            siblings = bytes.concat(siblings, _root(depth + 1, other));
            all = _half(all, depth, side);
        }
        bytes memory opening = bytes.concat(bytes1(uint8(depth)), siblings, _node(all));
        if (!deleted || depth == 0) return opening;
        if (other.length == 1) return bytes.concat(opening, _node(other));
        bytes32 left = _root(depth + 1, _half(other, depth, 0));
        return bytes.concat(opening, bytes1(uint8(2)), left, _root(depth + 1, _half(other, depth, 1)));
    }

    function _node(bytes32[] memory all) private view returns (bytes memory) {
        if (all.length == 0) return hex"00";
        return abi.encodePacked(uint8(1), bytes20(all[0]), uint128(values[all[0]]));
    }
}
