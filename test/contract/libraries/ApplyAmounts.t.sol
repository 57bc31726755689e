// SPDX-License-Identifier: MIT
// Fuzz tests of the step function's sums: whatever entries hold, there is a reason or a state, the one of plain arithmetic.
pragma solidity 0.8.37;

import {Tree} from "../../../contracts/libraries/Tree.sol";
import {Asset, ENTERED, ISSUED, TTX, assetOf} from "../../../contracts/types/Asset.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Rules} from "../../../contracts/types/Rules.sol";
import {ApplyHarness} from "../harness/ApplyHarness.sol";
import {PlainTree} from "../harness/PlainTree.sol";
import {VM} from "../harness/Vm.sol";

contract ApplyAmountsTest is PlainTree {
    struct Moved {
        uint256 form;
        address payee;
        uint256 tokens;
        bytes20 infohash;
        uint256 sum;
    }

    uint256 private constant KEY = 0xa11ce;
    uint256 private constant MAX = type(uint128).max;

    ApplyHarness private immutable harness = new ApplyHarness();
    address private immutable sender = VM.addr(KEY);

    /// @dev What the openings so far show.
    bytes private witness;
    /// @dev What the transaction moves.
    Asset private asset;

    /// @param amounts of two inputs, the accounts of sender and payee, and an entry beside them
    /// @param form 0 a payment, 1 a request, 2 a payment to oneself, 3 a request to oneself, 4 an issuance, 5 one to oneself
    /// @param another whether it moves another asset than TTX
    function testFuzzTransactionIsJudgedOnAnyAmounts(uint256[5] memory amounts, uint256 tokens, uint256 form, bool another)
        external
    {
        form %= 6;
        tokens = 1 + _amount(tokens, 0) % MAX;
        address payee = form == 2 || form == 3 || form == 5 ? sender : address(0xb0b);
        // What was issued cannot be requested.
        uint256 kind = form % 2 == 1 || tokens % 2 == 0 ? ENTERED : ISSUED;
        if (another && form < 4) asset = assetOf(kind, bytes20(uint160(0xa55e7)));
        bytes memory packed = _packed(form, payee, tokens);
        Moved memory moved = Moved(form, payee, tokens, harness.infohashOf(harness.write(_rules(), sender, packed)), 0);
        _prepare(moved, amounts);
        bytes32 pre = _root();
        Reason expected = _expect(moved);
        (Reason reason, bytes32 post,) = harness.applyTransaction(_rules(), pre, packed, witness);
        require(reason == expected, "reason");
        require(post == (expected == Reason.None ? _root() : pre), "state");
    }

    function _prepare(Moved memory moved, uint256[5] memory amounts) private {
        uint256 tokens = moved.tokens;
        _write(_output(1, asset), _amount(amounts[0], tokens));
        _write(_output(2, asset), _amount(amounts[1], tokens));
        _write(Tree.accountKey(sender, asset), _amount(amounts[2], tokens));
        Asset credited = moved.form < 4 ? asset : assetOf(ISSUED, moved.infohash);
        if (moved.payee != sender || moved.form == 5) {
            _write(Tree.accountKey(moved.payee, credited), _amount(amounts[3], tokens));
        }
        // The same name of TTX: nothing of it moves where another asset does.
        bytes32 beside = asset.kindOf() == 0 ? Tree.accountKey(address(0xdead), TTX) : _output(1, TTX);
        _write(beside, _amount(amounts[4], tokens));
    }

    /// @param held what the output and the account of the depositor hold already, and an entry beside them
    function testFuzzDepositFitsOrChangesNothing(uint256[3] memory held, uint256 amount, uint64 index, address to) external {
        uint256 gross = 1 + _amount(amount, 0) % MAX;
        uint256 credit = gross - gross / 100;
        _checkCredit(held, index, to, credit, abi.encodePacked(uint8(1), uint128(gross), to));
    }

    /// @param held as above
    function testFuzzEntryOfAnAssetFitsOrChangesNothing(
        uint256[3] memory held, uint256 amount, uint64 index, address to, address id, uint64 fee
    ) external {
        amount = 1 + _amount(amount, 0) % MAX;
        asset = assetOf(ENTERED, bytes20(id));
        // TTX of the same address is another account.
        _write(Tree.accountKey(to, TTX), _amount(held[1], amount));
        _checkCredit(held, index, to, amount, abi.encodePacked(uint8(5), fee, uint128(amount), to, id));
    }

    function testFuzzEntryOfNothingChangesNothing(bytes32 pre, uint64 fee, address to, address id) external view {
        bytes memory step = abi.encodePacked(uint8(5), fee, uint128(0), to, id);
        (Reason reason, bytes32 post,,) = harness.applyStep(_rules(), pre, 7, step, "");
        require(reason == Reason.None && post == pre, "nothing");
    }

    function _checkCredit(uint256[3] memory held, uint64 index, address to, uint256 credit, bytes memory step) private {
        uint8 kind = uint8(asset.kindOf());
        bytes20 infohash = harness.infohashOf(harness.writeDeposit(_rules(), index, kind, asset.idOf(), to, credit));
        (bytes32 output, bytes32 account) = (Tree.outputKey(infohash, to, asset), Tree.accountKey(to, asset));
        _write(output, _amount(held[0], credit));
        _write(account, _amount(held[1], credit));
        _write(Tree.outputKey(0, to, TTX), _amount(held[2], credit));

        bytes32 pre = _root();
        bytes32 expected = pre;
        if (_add(output, credit) && _add(account, credit)) expected = _root();
        (Reason reason, bytes32 post,,) = harness.applyStep(_rules(), pre, index, step, witness);
        require(reason == Reason.None && post == expected, "deposit");
    }

    /// @dev The reason, with the entries as the transaction leaves them and the openings that this needs.
    function _expect(Moved memory moved) private returns (Reason) {
        (bytes32 out0, bytes32 out1) = (_output(1, asset), _output(2, asset));
        moved.sum = values[out0] + values[out1];
        if (!_delete(out0) || !_delete(out1)) return Reason.MissingInput;
        return moved.form < 4 ? _expectMoved(moved) : _expectIssued(moved);
    }

    function _expectIssued(Moved memory moved) private returns (Reason) {
        if (!_fits(moved.sum)) return Reason.Overflow;
        Asset own = assetOf(ISSUED, moved.infohash);
        _add(Tree.outputKey(moved.infohash, moved.payee, own), moved.tokens);
        _add(Tree.outputKey(moved.infohash, sender, TTX), moved.sum);
        return _add(Tree.accountKey(moved.payee, own), moved.tokens) ? Reason.None : Reason.Overflow;
    }

    function _expectMoved(Moved memory moved) private returns (Reason) {
        (uint256 sum, uint256 tokens, address payee, bool request) = (moved.sum, moved.tokens, moved.payee, moved.form % 2 == 1);
        if (sum < tokens) return Reason.Overspend;
        bytes32 change = Tree.outputKey(moved.infohash, sender, asset);
        if (payee == sender && !request) return _fits(sum) && _add(change, sum) ? Reason.None : Reason.Overflow;
        if (!_fits(sum - tokens)) return Reason.Overflow;
        if (!request) _add(Tree.outputKey(moved.infohash, payee, asset), tokens);
        if (sum > tokens) _add(change, sum - tokens);
        bytes32 account = Tree.accountKey(sender, asset);
        uint256 balance = values[account];
        witness = bytes.concat(witness, _opening(account, balance == tokens));
        if (balance < tokens) return Reason.Overspend;
        _write(account, balance - tokens);
        return request || _add(Tree.accountKey(payee, asset), tokens) ? Reason.None : Reason.Overflow;
    }

    function _delete(bytes32 key) private returns (bool isThere) {
        isThere = values[key] != 0;
        witness = bytes.concat(witness, _opening(key, isThere));
        if (isThere) _write(key, 0);
    }

    function _add(bytes32 key, uint256 amount) private returns (bool fits) {
        witness = bytes.concat(witness, _opening(key, false));
        fits = _fits(values[key] + amount);
        if (fits) _write(key, values[key] + amount);
    }

    function _fits(uint256 value) private pure returns (bool) {
        return value <= MAX;
    }

    /// @dev An amount in which sums and differences with `other` are at their edges as often as not.
    function _amount(uint256 random, uint256 other) private pure returns (uint256) {
        uint256 value = (random >> 8) % (MAX + 1);
        uint256 edge = random % 8;
        if (edge == 0) return 0;
        if (edge == 1) return other;
        if (edge == 2) return other == 0 ? 1 : other - 1;
        if (edge == 3) return MAX - other;
        if (edge == 4) return other == 0 ? MAX - 1 : MAX - other + 1;
        if (edge == 5) return MAX;
        return edge == 6 ? value : value % 1_000;
    }

    function _output(uint160 infohash, Asset of_) private view returns (bytes32) {
        return Tree.outputKey(bytes20(infohash), sender, of_);
    }

    function _packed(uint256 form, address payee, uint256 tokens) private view returns (bytes memory packed) {
        uint256 flags = 1 | (form < 4 ? (form % 2) << 4 : 64) | (asset.kindOf() != 0 ? 32 : 0);
        packed = _pack(flags, 0, 0, payee, tokens);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(KEY, harness.digestOf(_rules(), packed));
        return _pack(flags | (v == 28 ? 8 : 0), r, s, payee, tokens);
    }

    function _pack(uint256 flags, bytes32 r, bytes32 s, address payee, uint256 tokens) private view returns (bytes memory) {
        bytes memory head = abi.encodePacked(uint8(flags), uint8(0), uint40(7), r, s, payee, uint128(tokens));
        if (asset.kindOf() != 0) head = abi.encodePacked(head, uint8(asset.kindOf()), asset.idOf());
        return abi.encodePacked(head, bytes20(uint160(1)), bytes20(uint160(2)));
    }

    function _rules() private pure returns (Rules memory) {
        return Rules(31_337, address(0xb1), address(0x70), 1);
    }
}
