# SPDX-License-Identifier: MIT
# How a test is added. Conventions: exit status 77 means skipped (with a line "skipped: <reason>" or "skipped here: <reason>", see README.md); every test has a time limit;
# sanitizers end a program at their first finding.

set(TESSERA_TEST_TIMEOUT_S 300 CACHE STRING "Time limit of one unit test, which only a hang reaches; sanitizers and valgrind get a multiple")
# Paths go through ASAN_OPTIONS and the like, which split at colons.
set(tessera_test_environment
  "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/../lsan.supp:print_suppressions=0"
  "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1:suppressions=${CMAKE_CURRENT_LIST_DIR}/../tsan.supp"
  "TESSERA_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
  "G_DEBUG=fatal-criticals")
if(TESSERA_SANITIZE)
  math(EXPR tessera_test_timeout_s "${TESSERA_TEST_TIMEOUT_S} * 3")
else()
  set(tessera_test_timeout_s ${TESSERA_TEST_TIMEOUT_S})
endif()
find_program(TESSERA_VALGRIND valgrind)

# Calls that torture.c can make fail. strdup and its kind allocate inside libc, where --wrap=malloc does not reach.
set(tessera_wrapped_calls
  malloc calloc realloc aligned_alloc posix_memalign strdup strndup asprintf vasprintf
  open read write fstat fsync close rename)
list(TRANSFORM tessera_wrapped_calls PREPEND "LINKER:--wrap=" OUTPUT_VARIABLE tessera_wrap_options)

# tessera_unit_test(name [TORTURE] [VALGRIND] [SOURCES file…] [LIBRARIES target…] [ARGS arg…] [TIMEOUT seconds])
# Builds tests/unit/test_<name>.c with the whole engine and cmocka, and runs it as "unit-<name>".
#   TORTURE   links tests/unit/torture.c: the nth allocation or I/O call can be made to fail
#   VALGRIND  also runs it as "valgrind-<name>", by `ctest -C Valgrind -L valgrind` only
function(tessera_unit_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORTURE;VALGRIND" "TIMEOUT" "SOURCES;LIBRARIES;ARGS")
  set(target test_${name})
  add_executable(${target} unit/test_${name}.c ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/unit)
  target_link_libraries(${target} PRIVATE tessera_objects tessera_flags PkgConfig::CMOCKA ${arg_LIBRARIES})
  if(arg_TORTURE)
    target_sources(${target} PRIVATE unit/torture.c)
    target_link_options(${target} PRIVATE ${tessera_wrap_options})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT ${tessera_test_timeout_s})
  endif()
  add_test(NAME unit-${name} COMMAND ${target} ${arg_ARGS})
  set_tests_properties(unit-${name} PROPERTIES
    LABELS unit TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77 ENVIRONMENT "${tessera_test_environment}")
  if(arg_VALGRIND AND TESSERA_VALGRIND AND NOT TESSERA_SANITIZE)
    math(EXPR slow_s "${arg_TIMEOUT} * 5")
    add_test(NAME valgrind-${name} CONFIGURATIONS Valgrind
      COMMAND ${TESSERA_VALGRIND} --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect
              --show-leak-kinds=definite,indirect --num-callers=30 --suppressions=${CMAKE_CURRENT_SOURCE_DIR}/valgrind.supp
              $<TARGET_FILE:${target}> ${arg_ARGS})
    set_tests_properties(valgrind-${name} PROPERTIES LABELS valgrind TIMEOUT ${slow_s} SKIP_RETURN_CODE 77
      ENVIRONMENT "${tessera_test_environment};TESSERA_VALGRIND=1")
  endif()
endfunction()

# tessera_e2e_test(name [THREADS] [TIMEOUT seconds])
# Runs the script tests/e2e/<name> in an empty folder of its own, with the program's path in $TESSERA.
#   THREADS  is worth running under ThreadSanitizer too (label "threads")
function(tessera_e2e_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "THREADS" "TIMEOUT" "")
  if(NOT arg_TIMEOUT)
    math(EXPR arg_TIMEOUT "${tessera_test_timeout_s} * 2")
  endif()
  set(labels e2e)
  if(arg_THREADS)
    list(APPEND labels threads)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/e2e/${name})
  file(MAKE_DIRECTORY ${folder})
  add_test(NAME e2e-${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/${name} WORKING_DIRECTORY ${folder})
  set_tests_properties(e2e-${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT "${tessera_test_environment};TESSERA=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/tessera")
endfunction()

# tessera_check(name command…): a check of the sources or of what was built, run as "check-<name>".
function(tessera_check name)
  add_test(NAME check-${name} COMMAND ${ARGN})
  set_tests_properties(check-${name} PROPERTIES LABELS check TIMEOUT 600 SKIP_RETURN_CODE 77)
endfunction()
