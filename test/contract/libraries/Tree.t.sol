// SPDX-License-Identifier: MIT
// Fuzz tests of the state tree: what openings make of a root is what a rebuild from all entries gives.
pragma solidity 0.8.37;

import {IBridge} from "../../../contracts/interfaces/IBridge.sol";
import {Tree} from "../../../contracts/libraries/Tree.sol";
import {Asset, TTX, assetOf} from "../../../contracts/types/Asset.sol";
import {ApplyHarness} from "../harness/ApplyHarness.sol";
import {PlainTree} from "../harness/PlainTree.sol";

contract TreeTest is PlainTree {
    ApplyHarness private immutable harness = new ApplyHarness();

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
            root = _root();
            require(next == root, "root");
        }
    }

    function testFuzzRandomWitnessDoesNotOpen(bytes32 root, bytes32 key, bytes calldata witness) external view {
        if (root == 0) return;
        try harness.touch(root, key, 1, witness) {
            revert("accepted");
        } catch (bytes memory thrown) {
            require(bytes4(thrown) == IBridge.BadWitness.selector, "error");
        }
    }

    function testFuzzZeroDoesNotOpenAsALeaf(bytes32 key) external view {
        bytes32 root = Tree.hashLeaf(key, 0);
        try harness.touch(root, key, 1, abi.encodePacked(hex"0001", key, uint128(0))) {
            revert("accepted");
        } catch (bytes memory thrown) {
            require(bytes4(thrown) == IBridge.BadWitness.selector, "error");
        }
    }

    function testFuzzKeysAreThoseOfThePlainPreimages(bytes20 infohash, address owner) external pure {
        bytes32 output = keccak256(abi.encodePacked(uint8(0), infohash, owner));
        bytes32 account = keccak256(abi.encodePacked(uint8(1), owner));
        _checkKeys(infohash, owner, TTX, output, account);
    }

    function testFuzzKeysOfOtherAssetsAreThoseOfTheirPreimages(bytes20 infohash, address owner, uint8 kind, bytes20 id)
        external
        pure
    {
        if (kind == 0) kind = 2;
        bytes32 output = keccak256(abi.encodePacked(uint8(0), infohash, owner, kind, id));
        bytes32 account = keccak256(abi.encodePacked(uint8(1), owner, kind, id));
        _checkKeys(infohash, owner, assetOf(kind, id), output, account);
    }

    function testFuzzAnAssetIsReadAsItWasMade(uint8 kind, bytes20 id) external pure {
        Asset asset = assetOf(kind, id);
        require(asset.kindOf() == kind && asset.idOf() == id, "asset");
        require(Asset.unwrap(asset) == bytes32(abi.encodePacked(kind, id)), "bytes");
    }

    function testFuzzLeafIsThatOfThePlainPreimage(bytes32 key, uint128 value) external pure {
        require(Tree.hashLeaf(key, value) == keccak256(abi.encodePacked(uint8(0), key, value)), "leaf");
    }

    function _checkKeys(bytes20 infohash, address owner, Asset asset, bytes32 output, bytes32 account) private pure {
        bytes32 first = bytes32(uint256(1) << 255);
        require(Tree.outputKey(infohash, owner, asset) == output & ~first, "output key");
        require(Tree.accountKey(owner, asset) == account | first, "account key");
    }

    /// @dev Ten keys; four bits of the place of each are its own, and they begin at bit `spread`, modulo what is possible.
    function _key(uint256 index, uint8 spread) private pure returns (bytes32) {
        uint256 place = ((index * 0x9) & 0xf) << (252 - (spread % 157)) | index << 252 & (1 << 255);
        return bytes32(place | uint256(keccak256(abi.encode(place))) >> 160);
    }
}
