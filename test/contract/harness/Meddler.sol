// SPDX-License-Identifier: MIT
// An account that does whatever it is told, and takes no coins: it refuses them, or burns all gas while it is paid.
pragma solidity 0.8.37;

/// @notice Can be a publisher, a refuter, a recipient; its caller decides what it does.
contract Meddler {
    bool private immutable _burnsGas;

    constructor(bool burnsGas) {
        _burnsGas = burnsGas;
    }

    /// @notice Calls `target` with all that was sent here, and fails as that fails.
    function act(address target, bytes calldata data) external payable {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        if (done) return;
        // Safe: `answer` is a bytes array in memory, and nothing comes afterwards.
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    receive() external payable {
        if (_burnsGas) {
            // Safe: takes all the gas there is and nothing else.
            assembly ("memory-safe") {
                invalid()
            }
        }
        revert("no");
    }
}
