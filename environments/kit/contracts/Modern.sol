// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// What recent forks brought: blob hashes, transient storage, code for accounts.
contract Modern {
    bytes32 public lastBlob;

    event Executed(address indexed account, uint256 calls);

    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    function rememberBlob() external {
        lastBlob = blobhash(0);
    }

    /// Runs in the context of an account that delegates here (EIP-7702).
    function execute(Call[] calldata calls) external payable {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool done,) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            require(done, "a call failed");
        }
        emit Executed(address(this), calls.length);
    }

    receive() external payable {}
}
